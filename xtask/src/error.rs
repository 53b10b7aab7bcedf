use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Server(#[from] pg_session_testkit::Error),

    #[error("port {port} of 127.0.0.1 is in use; choose another with --port, or stop the program that listens there")]
    PortInUse { port: u16 },

    #[error("cannot listen on port {port} of 127.0.0.1: {source}; choose another with --port")]
    Port { port: u16, source: io::Error },

    #[error("cannot use the session secret in {path}: {source}; delete the file to create a new one", path = .path.display())]
    SessionSecret { path: PathBuf, source: io::Error },

    #[error("cannot handle Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),

    #[error("interrupted")]
    Interrupted,

    #[error("cannot run `{command}`: {source}")]
    Run { command: String, source: io::Error },

    #[error("`{command}` failed ({status}); see its output above")]
    Failed { command: String, status: ExitStatus },

    #[error("cannot copy the addon into the npm package: {0}")]
    Addon(io::Error),

    #[error("the {app} app exited ({status}); see its output above")]
    AppExited { app: &'static str, status: ExitStatus },

    #[error("unknown command `{line}`; send `stop` or `start`")]
    UnknownServerCommand { line: String },

    #[error("cannot read {path}: {source}", path = .path.display())]
    Read { path: PathBuf, source: io::Error },

    #[error("cannot parse {path}: {source}", path = .path.display())]
    Parse { path: PathBuf, source: syn::Error },

    #[error("{0}")]
    Structure(String),

    #[error("not installed: {0}; install it, or omit --strict to skip its tests")]
    Missing(String),

    #[error("{step} failed after {seconds:.1} s: {cause}")]
    Step { step: &'static str, seconds: f64, cause: Box<Error> },
}
