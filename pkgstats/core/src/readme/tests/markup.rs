//! What readmes contain: tables, task lists, footnotes, headings, images.

use super::super::{MAX_BYTES, Notice, Source, Syntax, render};
use super::markdown;

#[test]
fn the_markdown_of_github_is_read() {
    let html = markdown(concat!(
        "| a | b |\n|---|:-:|\n| 1 | ~~2~~ |\n\n- [x] done\n- [ ] open\n\nA note.[^1] :rocket: https://example.org/x\n\n",
        "[^1]: The note.\n\n> [!WARNING]\n> Hot.\n\n```js\nlet a = \"<b>\";\n```\n",
    ))
    .html;
    for part in [
        "<th align=\"center\">b</th>",
        "<del>2</del>",
        "<input type=\"checkbox\" disabled=\"\" checked=\"\">",
        "🚀",
        "<a href=\"https://example.org/x\" rel=\"nofollow noopener noreferrer ugc\">https://example.org/x</a>",
        "id=\"readme-fn-1\"",
        "href=\"#readme-fn-1\"",
        "href=\"#readme-fnref-1\"",
        "class=\"markdown-alert markdown-alert-warning\"",
        "<pre tabindex=\"0\"><code class=\"language-js\">let a = \"&lt;b&gt;\";\n</code></pre>",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn headings_have_the_slugs_of_github_and_make_a_table_of_contents() {
    let text =
        "# API & `use()`\n## Install\n## Install\n<h3 align=\"center\">Mixed\n<b>HTML</b></h3>\n\n## Überblick\n##\n";
    let readme = markdown(text);
    let found: Vec<_> =
        readme.headings.iter().map(|heading| (heading.level, heading.id.as_str(), &*heading.text)).collect();
    assert_eq!(
        found,
        [
            (1, "readme-api--use", "API & use()"),
            (2, "readme-install", "Install"),
            (2, "readme-install-1", "Install"),
            (3, "readme-mixed-html", "Mixed HTML"),
            (2, "readme-überblick", "Überblick"),
        ]
    );
    assert!(readme.html.contains("<h2 id=\"readme-api--use\">API &amp; <code>use()</code></h2>"), "{}", readme.html);
    assert!(readme.html.contains("<h4 id=\"readme-mixed-html\" align=\"center\">"), "{}", readme.html);
}

#[test]
fn links_within_the_readme_reach_their_headings() {
    let html = markdown("[a](#Usage) [b](#%C3%BCber) [c](#old)\n\n# Usage\n\n## Über\n\n<a name=\"old\"></a>text").html;
    for part in ["href=\"#readme-usage\"", "href=\"#readme-über\"", "href=\"#readme-old\"", "<a id=\"readme-old\""] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn remote_images_wait_until_they_are_asked_for() {
    let readme = markdown(
        "![a \"b\"](https://img.example.org/a.png) <img src='https://img.example.org/b.png' width=40 height=1e9>",
    );
    assert_eq!(readme.remote_images, 2);
    assert!(!readme.html.contains("<img") && !readme.html.contains(" src="), "{}", readme.html);
    let first = concat!(
        "<a class=\"remote-image\" href=\"https://img.example.org/a.png\" data-src=\"https://img.example.org/a.png\" ",
        "data-alt=\"a &quot;b&quot;\" rel=\"nofollow noopener noreferrer ugc\">a \"b\"</a>",
    );
    assert!(readme.html.contains(first), "{}", readme.html);
    assert!(readme.html.contains("data-width=\"40\"") && !readme.html.contains("data-height"), "{}", readme.html);
}

#[test]
fn a_linked_image_keeps_its_link_and_gets_one_to_the_image() {
    let html = markdown("[![build](https://ci.example.org/b.svg)](https://ci.example.org/)").html;
    let link = html.find("<a href=\"https://ci.example.org/\"").unwrap();
    let span = html.find("<span class=\"remote-image\" data-src=\"https://ci.example.org/b.svg\"").unwrap();
    let after = html.find("<a class=\"remote-image-link\" href=\"https://ci.example.org/b.svg\"").unwrap();
    assert!(link < span && span < after, "{html}");
}

#[test]
fn html_and_plain_text_are_read_by_their_file_name() {
    for (name, syntax) in [
        ("readme.md", Syntax::Markdown),
        ("Readme.MARKDOWN", Syntax::Markdown),
        ("README", Syntax::Markdown),
        ("docs/README.html", Syntax::Html),
        ("README.rst", Syntax::Text),
        ("README.txt", Syntax::Text),
    ] {
        assert_eq!(Syntax::of_file(name), syntax, "{name}");
    }
    let html = "<!doctype html><html><head><title>t</title></head><body><h1>A</h1>\n\n    *b*</body></html>";
    let readme = render(Source { text: html, syntax: Syntax::Html, repository: None });
    assert_eq!(readme.html.trim(), "<h2 id=\"readme-a\">A</h2>\n\n    *b*");
    let readme = render(Source { text: "*a* <b>", syntax: Syntax::Text, repository: None });
    assert_eq!(readme.html, "<pre class=\"plain\" tabindex=\"0\">*a* &lt;b&gt;</pre>");
}

#[test]
fn a_long_readme_is_cut_at_the_bound_and_says_so() {
    let text = "é line of text\n\n".repeat(70_000);
    assert!(text.len() > MAX_BYTES);
    let readme = render(Source { text: &text, syntax: Syntax::Text, repository: None });
    assert_eq!(readme.notice, Some(Notice::Truncated));
    assert!(readme.html.len() < MAX_BYTES + 100);
    assert_eq!(markdown("# a").notice, None);
}
