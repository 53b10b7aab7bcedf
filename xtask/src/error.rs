use std::io;
use std::process::ExitStatus;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Server(#[from] pg_session_testkit::Error),

    #[error("port {port} of 127.0.0.1 is taken; choose another one with --port, or stop what listens there")]
    PortTaken { port: u16 },

    #[error("cannot listen on port {port} of 127.0.0.1: {source}; choose another one with --port")]
    Port { port: u16, source: io::Error },

    #[error("cannot listen to Ctrl-C: {0}")]
    Interrupt(#[from] ctrlc::Error),

    #[error("stopped by the user")]
    Interrupted,

    #[error("cannot run `{command}`: {source}")]
    Run { command: String, source: io::Error },

    #[error("`{command}` failed ({status}); it said why above")]
    Failed { command: String, status: ExitStatus },

    #[error("cannot put the addon into the npm package: {0}")]
    Addon(io::Error),

    #[error("the {app} app ended by itself ({status}); everything is stopped")]
    AppEnded { app: &'static str, status: ExitStatus },

    #[error("`{line}` is no order for the server: say `stop` or `start`")]
    NoSuchOrder { line: String },

    #[error("not installed: {0}; install it, or leave out --strict to skip its tests")]
    Missing(String),

    #[error("{step} failed after {seconds:.1} s; {cause}")]
    Step { step: &'static str, seconds: f64, cause: Box<Error> },
}
