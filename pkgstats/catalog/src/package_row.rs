//! A package as the catalogue has it.

use pkgstats_core::figure::Figure;
use pkgstats_core::popularity::Standing;
use pkgstats_core::share::change_of_share;
use tokio_postgres::Row;

use crate::generation::Generation;

/// A row of the table `package`.
#[derive(Clone, Debug)]
pub(crate) struct PackageRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) downloads: Option<u64>,
    pub(crate) previous: Option<u64>,
    pub(crate) standing: Option<Standing>,
    pub(crate) repository: Option<String>,
    pub(crate) is_holding: bool,
    pub(crate) dependents: Option<u32>,
}

impl PackageRow {
    pub(crate) fn all(rows: &[Row]) -> Vec<Self> {
        rows.iter().map(Self::of).collect()
    }

    fn of(row: &Row) -> Self {
        let number = |column| row.get::<_, Option<i64>>(column).map(i64::unsigned_abs);
        let small = |column| row.get::<_, Option<i32>>(column).map(i32::unsigned_abs);
        let standing = small("rank").zip(small("shared_by"));
        Self {
            id: row.get("id"),
            name: row.get("name"),
            downloads: number("downloads"),
            previous: number("previous"),
            standing: standing.map(|(rank, shared_by)| Standing { rank, shared_by }),
            repository: row.get("repository"),
            is_holding: row.get("holding"),
            dependents: small("dependents"),
        }
    }

    pub(crate) fn figure(&self, generation: &Generation) -> Option<Figure> {
        Some(Figure::measured(self.downloads?, generation.measured?, generation.sum))
    }

    pub(crate) fn previous_figure(&self, generation: &Generation) -> Option<Figure> {
        Some(Figure::measured(self.previous?, generation.previous_measured?, generation.previous_sum))
    }

    pub(crate) fn change_of_share(&self, generation: &Generation) -> Option<f64> {
        change_of_share((self.downloads?, generation.sum), (self.previous?, generation.previous_sum))
    }
}
