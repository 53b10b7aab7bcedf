//! The path of an entry within its package.

/// Longer paths are no paths of npm, whose names of files have 255 bytes at most.
const MAX_LENGTH: usize = 2_048;

/// Returns the path below the root folder, which is not always `package`, or `None` if it leads out of the package.
pub(super) fn within_package(path: &[u8]) -> Option<String> {
    if path.len() > MAX_LENGTH || path.starts_with(b"/") || path.contains(&0) {
        return None;
    }
    let path = String::from_utf8_lossy(path);
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).collect();
    match parts.as_slice() {
        [_, inner @ ..]
            if !inner.is_empty() && !parts.contains(&"..") && !parts.iter().any(|part| part.contains(':')) =>
        {
            Some(inner.join("/"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::within_package;

    #[test]
    fn the_root_folder_is_left_out_whatever_its_name() {
        for (path, inner) in [
            ("package/index.js", Some("index.js")),
            ("node/fs/promises.d.ts", Some("fs/promises.d.ts")),
            ("./package/./a.js", Some("a.js")),
            ("package//a.js", Some("a.js")),
            ("package/", None),
            ("a.js", None),
            ("package/../a.js", None),
            ("../package/a.js", None),
            ("package/..\\..\\a.js", None),
            ("/etc/passwd", None),
            ("package/C:/a.js", None),
            ("package/a\0b", None),
        ] {
            assert_eq!(within_package(path.as_bytes()).as_deref(), inner, "{path}");
        }
        assert_eq!(within_package(b"package/\xff.js").as_deref(), Some("\u{fffd}.js"));
        assert_eq!(within_package(format!("package/{}", "a".repeat(3_000)).as_bytes()), None);
    }
}
