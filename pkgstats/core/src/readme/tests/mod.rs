mod hostile;
mod links;
mod markup;

use super::{Readme, Source, Syntax, render};

fn markdown(text: &str) -> Readme {
    render(Source { text, syntax: Syntax::Markdown, repository: None })
}
