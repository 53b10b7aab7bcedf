use std::error::Error;
use std::iter::successors;

/// Returns the error's message and its causes. Omits a cause that the message already contains.
#[must_use]
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut message = error.to_string();
    for cause in successors(error.source(), |cause| (*cause).source()).map(ToString::to_string) {
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Failed(&'static str, Option<Box<Failed>>);

    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Failed {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|source| source as _)
        }
    }

    fn failed(message: &'static str, source: Failed) -> Failed {
        Failed(message, Some(Box::new(source)))
    }

    #[test]
    fn every_cause_is_named_once() {
        assert_eq!(error_chain(&Failed("lost", None)), "lost");
        let error = failed("cannot save: lost", failed("lost", Failed("reset by peer", None)));
        assert_eq!(error_chain(&error), "cannot save: lost: reset by peer");
    }
}
