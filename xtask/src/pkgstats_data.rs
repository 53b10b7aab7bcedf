use crate::error::Error;
use crate::node;
use crate::workspace::workspace;

/// Downloads of 30 days, and those of three months before, with their kinds.
const COUNTS: [(&str, &str); 2] = [("download-counts", "2.20260301.0"), ("previous-download-counts", "2.20251201.0")];

/// The folder of the archives, within the workspace.
const FOLDER: &str = "target/pkgstats-data";

const IMPORT: [&str; 8] = ["cargo", "run", "--quiet", "--package", "pkgstats", "--", "import", "--if-empty"];

/// Fills an empty catalogue of Pkg Stats: with the packages of 1,000 downloads and more, which npm fetches, or with the 5,000
/// that the repository ships.
pub(crate) fn import(is_offline: bool, run: &node::Run<'_>) -> Result<(), Error> {
    let files = match if is_offline { Ok(Vec::new()) } else { fetch(run) } {
        Ok(files) => files,
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => {
            eprintln!("{error}; Pkg Stats shows the 5,000 most popular packages only");
            Vec::new()
        }
    };
    let selection: &[&str] = if files.is_empty() { &[] } else { &["--at-least", "1000"] };
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    run(&[&IMPORT[..], selection, &files].concat(), workspace())
}

/// Fetches the archives that are missing. Returns them as arguments of the import.
fn fetch(run: &node::Run<'_>) -> Result<Vec<String>, Error> {
    if !node::installed() {
        eprintln!("npm is not installed; Pkg Stats shows the 5,000 most popular packages only");
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for (kind, version) in COUNTS {
        let file = format!("{FOLDER}/download-counts-{version}.tgz");
        if !workspace().join(&file).exists() {
            eprintln!("fetching download-counts {version} from npm (28 MB)");
            let folder = workspace().join(FOLDER);
            std::fs::create_dir_all(&folder).map_err(|source| Error::Folder { folder: folder.clone(), source })?;
            run(&["npm", "pack", "--silent", &format!("download-counts@{version}")], &folder)?;
        }
        files.push(format!("{kind}={file}"));
    }
    Ok(files)
}
