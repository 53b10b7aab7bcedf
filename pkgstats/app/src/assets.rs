//! The style sheet, the script and the icon. They are part of the program, and their addresses change with their content.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A file that pages refer to.
pub(crate) struct Asset {
    name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) content: &'static str,
}

static ASSETS: [Asset; 5] = [
    Asset { name: "site.css", content_type: "text/css; charset=utf-8", content: include_str!("../assets/site.css") },
    Asset { name: "chart.css", content_type: "text/css; charset=utf-8", content: include_str!("../assets/chart.css") },
    Asset {
        name: "package.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../assets/package.css"),
    },
    Asset {
        name: "site.js",
        content_type: "text/javascript; charset=utf-8",
        content: include_str!("../assets/site.js"),
    },
    Asset { name: "icon.svg", content_type: "image/svg+xml", content: include_str!("../assets/icon.svg") },
];

/// A short hash of all assets, which their addresses contain.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hash = ASSETS.iter().fold(Sha256::new(), |hash, asset| hash.chain_update(asset.content)).finalize();
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
});

/// Returns the address of an asset.
pub(crate) fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// Returns the asset of this name.
pub(crate) fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_small() {
        assert!(include_str!("../assets/site.js").len() < 8 * 1024);
    }

    #[test]
    fn assets_are_found_by_their_names() {
        for asset in &ASSETS {
            assert!(address(asset.name).ends_with(asset.name) && !asset.content.is_empty());
        }
    }
}
