//! Finds packages by one property, the most popular first.

use pkgstats_core::name;
use pkgstats_core::near::{Kind, deletions, is_near};
use tokio_postgres::types::ToSql;

use crate::connection::Connection;
use crate::error::Error;
use crate::package_row::PackageRow;
use crate::statements::{
    COMMON_WORDS_BY_PREFIX, PACKAGES_BY_DELETIONS, PACKAGES_BY_DETAILS, PACKAGES_BY_KEY, PACKAGES_BY_LAST_WORD,
    PACKAGES_BY_NAME, PACKAGES_BY_OWNER, PACKAGES_BY_PREFIX, PACKAGES_BY_SCOPE, PACKAGES_BY_SOME_WORDS,
    PACKAGES_BY_WORDS, WORD, WORDS_BY_DELETIONS, WORDS_BY_PREFIX,
};

/// No name has a letter after this one.
const LAST: char = '\u{10FFFF}';

/// A shorter beginning of a word has too many rare words.
const MIN_RARE_PREFIX: usize = 3;

/// The tiers that are asked for names with some of several words: the 40,000 most popular names.
const POPULAR_TIERS: usize = 2;

/// Returns the packages of these names. No package has an invalid name.
pub(crate) async fn by_name(connection: &Connection<'_>, names: &[String]) -> Result<Vec<PackageRow>, Error> {
    let valid: Vec<&String> = names.iter().filter(|name| name::is_valid(name)).collect();
    if valid.is_empty() {
        return Ok(Vec::new());
    }
    Ok(PackageRow::all(&connection.query(PACKAGES_BY_NAME, &[&valid]).await?))
}

/// Returns the packages whose names have these letters.
pub(crate) async fn by_key(connection: &Connection<'_>, key: &str, limit: i64) -> Result<Vec<PackageRow>, Error> {
    if key.is_empty() {
        return Ok(Vec::new());
    }
    Ok(PackageRow::all(&connection.query(PACKAGES_BY_KEY, &[&key, &limit]).await?))
}

/// Returns the packages whose names have all these words.
pub(crate) async fn by_words(
    connection: &Connection<'_>,
    words: &[String],
    limit: i64,
) -> Result<Vec<PackageRow>, Error> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    in_tiers(connection, &*PACKAGES_BY_WORDS, &words, limit, None).await
}

/// Returns the packages whose names have all these words except the last, and a word that begins with the last.
pub(crate) async fn by_last_word(
    connection: &Connection<'_>,
    words: &[String],
    limit: i64,
) -> Result<Vec<PackageRow>, Error> {
    let Some((last, others)) = words.split_last() else { return Ok(Vec::new()) };
    let completed = words_with_prefix(connection, last).await?;
    if completed.is_empty() {
        return Ok(Vec::new());
    }
    in_tiers(connection, &*PACKAGES_BY_LAST_WORD, &others, limit, Some(&completed)).await
}

/// Returns popular packages whose names have some of these words, those with the most words first.
pub(crate) async fn by_some_words(
    connection: &Connection<'_>,
    words: &[String],
    limit: i64,
) -> Result<Vec<PackageRow>, Error> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    in_tiers(connection, &PACKAGES_BY_SOME_WORDS[..POPULAR_TIERS], &words, limit, None).await
}

/// Returns the packages whose keywords, description, repository or name have all these words.
pub(crate) async fn by_details(
    connection: &Connection<'_>,
    words: &[String],
    limit: i64,
) -> Result<Vec<PackageRow>, Error> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    Ok(PackageRow::all(&connection.query(PACKAGES_BY_DETAILS, &[&words, &limit]).await?))
}

/// Returns the packages whose names begin with a text.
pub(crate) async fn by_prefix(connection: &Connection<'_>, prefix: &str, limit: i64) -> Result<Vec<PackageRow>, Error> {
    in_tiers(connection, &*PACKAGES_BY_PREFIX, &prefix, limit, Some(&end_of(prefix))).await
}

/// Returns the packages of a scope whose names have all these words.
pub(crate) async fn by_scope(
    connection: &Connection<'_>,
    scope: &str,
    words: &[String],
    limit: i64,
) -> Result<Vec<PackageRow>, Error> {
    let start = format!("@{scope}/");
    let params: [&(dyn ToSql + Sync); 4] = [&start, &end_of(&start), &words, &limit];
    Ok(PackageRow::all(&connection.query(PACKAGES_BY_SCOPE, &params).await?))
}

/// Returns the packages of a GitHub account, in its folded form, whose names have all these words.
pub(crate) async fn by_owner(
    connection: &Connection<'_>,
    owner: &str,
    words: &[String],
    limit: i64,
    offset: i64,
) -> Result<Vec<PackageRow>, Error> {
    if owner.contains('\0') {
        return Ok(Vec::new());
    }
    Ok(PackageRow::all(&connection.query(PACKAGES_BY_OWNER, &[&owner, &words, &limit, &offset]).await?))
}

/// Returns the popular packages whose names differ by one letter.
pub(crate) async fn near(connection: &Connection<'_>, name: &str, limit: i64) -> Result<Vec<PackageRow>, Error> {
    let hashes = deletions(Kind::Name, name);
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let mut packages = PackageRow::all(&connection.query(PACKAGES_BY_DELETIONS, &[&hashes, &limit]).await?);
    packages.retain(|package| is_near(name, &package.name));
    Ok(packages)
}

/// Returns the words that differ by one letter, the most frequent first.
pub(crate) async fn words_near(connection: &Connection<'_>, word: &str) -> Result<Vec<(String, u64)>, Error> {
    let hashes = deletions(Kind::Word, word);
    let mut words = words(connection, WORDS_BY_DELETIONS, &[&hashes]).await?;
    words.retain(|(other, _)| is_near(word, other));
    Ok(words)
}

/// Returns in how many names each word is. A word of no name, or of few unpopular ones, is left out.
pub(crate) async fn count_names(connection: &Connection<'_>, of: &[String]) -> Result<Vec<(String, u64)>, Error> {
    words(connection, WORD, &[&of]).await
}

async fn words_with_prefix(connection: &Connection<'_>, prefix: &str) -> Result<Vec<String>, Error> {
    let end = end_of(prefix);
    let mut found = words(connection, COMMON_WORDS_BY_PREFIX, &[&prefix, &end]).await?;
    if found.is_empty() && prefix.chars().count() >= MIN_RARE_PREFIX {
        found = words(connection, WORDS_BY_PREFIX, &[&prefix, &end]).await?;
    }
    Ok(found.into_iter().map(|(word, _)| word).collect())
}

async fn words(
    connection: &Connection<'_>,
    sql: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<Vec<(String, u64)>, Error> {
    let rows = connection.query(sql, params).await?;
    Ok(rows.iter().map(|row| (row.get(0), u64::from(row.get::<_, i32>(1).unsigned_abs()))).collect())
}

/// Asks one tier after the other until there are enough packages. The limit is the second parameter of the statements.
async fn in_tiers(
    connection: &Connection<'_>,
    statements: &[String],
    first: &(dyn ToSql + Sync),
    limit: i64,
    third: Option<&(dyn ToSql + Sync)>,
) -> Result<Vec<PackageRow>, Error> {
    let mut found = Vec::new();
    for sql in statements {
        let missing = limit - i64::try_from(found.len()).unwrap_or(limit);
        if missing <= 0 {
            break;
        }
        let params: Vec<&(dyn ToSql + Sync)> = [first, &missing].into_iter().chain(third).collect();
        found.extend(PackageRow::all(&connection.query(sql, &params).await?));
    }
    Ok(found)
}

fn end_of(prefix: &str) -> String {
    format!("{prefix}{LAST}")
}
