-- Enough to sort and hash millions of names in few passes.
SET work_mem = '64MB';
SET maintenance_work_mem = '256MB';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
