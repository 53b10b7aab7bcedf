-- Fills the schema "evil" with everything that a statement without qualified names could run. Each function counts its
-- call, even if the transaction fails, and raises an error.
SET search_path = pg_catalog;
CREATE SCHEMA evil;
CREATE SEQUENCE evil.calls;
GRANT ALL ON SCHEMA evil TO PUBLIC;
GRANT ALL ON SEQUENCE evil.calls TO PUBLIC;

CREATE FUNCTION evil.define(name text, arguments text, result text) RETURNS void LANGUAGE plpgsql AS $define$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION evil.%I(%s) RETURNS %s LANGUAGE plpgsql AS $$ BEGIN '
        'PERFORM pg_catalog.nextval(''evil.calls''); RAISE EXCEPTION %L; END $$',
        name, arguments, result, format('evil.%I(%s) was called', name, arguments));
EXCEPTION WHEN OTHERS THEN
    -- PL/pgSQL has no functions with this signature, or it is there already.
END $define$;

CREATE FUNCTION evil.types() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT unnest('{text,varchar,name,"\"char\"",int4,int8,float8,interval,timestamptz,timestamp,json,jsonb,oid,tid,text[],varchar[]}'::text[])
$$;

-- Every function of PostgreSQL.
SELECT count(evil.define(proname, oidvectortypes(proargtypes),
                         CASE WHEN proretset THEN 'SETOF ' ELSE '' END || format_type(prorettype, NULL)))
FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND NOT (proname = 'count' AND pronargs = 0);

-- The functions of the statements, for other types: an exact match is preferred to one that needs a cast.
SELECT count(evil.define(name, arguments, result))
FROM unnest('{unnest,max,min,count,concat,format,replace,json_agg,json_build_object,array_remove,pg_relation_size,date_part,
              json_typeof,jsonb_typeof,current_setting,set_config,timezone,pg_has_role,text,int4,int8,float8}'::text[]) AS name,
     LATERAL (
         SELECT a, CASE name WHEN 'unnest' THEN 'SETOF text' ELSE 'text' END FROM evil.types() AS a
         UNION ALL
         SELECT a || ', ' || b, 'text' FROM evil.types() AS a, evil.types() AS b
         WHERE name = ANY ('{date_part,array_remove,concat}'::text[])
         UNION ALL
         SELECT 'VARIADIC text[]', 'text'
     ) AS signature (arguments, result);

CREATE FUNCTION evil.step(bigint) RETURNS bigint LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_catalog.nextval('evil.calls'); RAISE EXCEPTION 'evil.count(*) was called'; END $$;
CREATE AGGREGATE evil.count(*) (SFUNC = evil.step, STYPE = bigint, INITCOND = '0');

-- Every operator of PostgreSQL, and those of the statements for other types.
CREATE FUNCTION evil.define_operator(name text, a text, b text, result text) RETURNS void LANGUAGE plpgsql AS $define$
BEGIN
    PERFORM evil.define('operator_' || md5(name), a || ', ' || b, result);
    EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.operator_%s)', name, a, b, md5(name));
EXCEPTION WHEN OTHERS THEN
    -- As above.
END $define$;

SELECT count(evil.define_operator(oprname, format_type(oprleft, NULL), format_type(oprright, NULL), format_type(oprresult, NULL)))
FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprleft <> 0;

SELECT count(evil.define_operator(name, a, b, coalesce(
    (SELECT format_type(o.oprresult, NULL) FROM pg_operator AS o
     WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname = name AND (o.oprleft, o.oprright) = (a::regtype, b::regtype)),
    CASE WHEN name IN ('+', '-', '*', '/') THEN 'interval' WHEN name IN ('||', '#>>') THEN 'text' ELSE 'bool' END)))
FROM unnest('{=,<>,<,<=,>,>=,+,-,*,/,||,#>>}'::text[]) AS name, evil.types() AS a, evil.types() AS b;

CREATE FUNCTION evil.deny() RETURNS bool LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_catalog.nextval('evil.calls'); RAISE EXCEPTION 'a type of evil was used'; END $$;

-- The types and relations of the statements.
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT unnest('{text,varchar,bpchar,name,int4,int8,float8,interval,timestamptz,timestamp,json,jsonb,oid,tid,bool,
                        regclass,tstzrange,tsrange}'::text[])
    LOOP
        EXECUTE format('CREATE DOMAIN evil.%I AS pg_catalog.%I CHECK (evil.deny())', name, name);
    END LOOP;
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
        BEGIN
            EXECUTE format('CREATE TABLE evil.%I (LIKE pg_catalog.%I)', name, name);
        EXCEPTION WHEN OTHERS THEN
            -- A pseudo-type.
        END;
    END LOOP;
END $$;
