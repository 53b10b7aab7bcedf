use std::ffi::OsStr;
use std::io::{self, PipeWriter, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The shell that stands between us and the program. Its standard input is a pipe whose other end
/// only we hold, so that the end of the pipe is the end of us, whatever ended us. A line on the
/// pipe names another signal than the usual one.
const SCRIPT: &str = r#"
usual=$1 grace=$2
shift 2
exec 3<&0 </dev/null

"$@" 3<&- &
program=$!

{
    read -r signal <&3
    kill -s "${signal:-$usual}" "$program"
    trap 'kill "$!"; wait "$!"; exit' TERM
    sleep "$grace" &
    wait "$!"
    kill -s KILL "$program"
} >/dev/null 2>&1 &
watch=$!

wait "$program"
status=$?
kill "$watch" 2>/dev/null
wait "$watch" 2>/dev/null
exit "$status"
"#;

/// How long a program may take to stop before it is killed, in seconds.
const GRACE: &str = "10";

/// What tells a guarded program to stop.
///
/// A program that installs no handlers of its own listens to [`Terminate`](Self::Terminate) alone,
/// for a shell starts its background jobs with the other two ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: PostgreSQL's fast shutdown.
    Interrupt,
    /// SIGQUIT: PostgreSQL's immediate shutdown, which leaves recovery to the next start.
    Quit,
    /// SIGTERM: what most programs take as the wish to stop cleanly.
    Terminate,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Quit => "QUIT",
            Self::Terminate => "TERM",
        }
    }
}

/// A child process that cannot outlive us.
///
/// Dropping the guard stops the program and waits until it has. The program is stopped just the
/// same when this process exits, panics, is interrupted or is killed with SIGKILL. One that does
/// not stop within 10 seconds is killed.
///
/// The program runs in a process group of its own: a Ctrl-C in the terminal does not reach it.
#[derive(Debug)]
pub struct Guard {
    // Fields are dropped in this order: first the pipe ends, then the shell is waited for.
    pipe: PipeWriter,
    shell: Reaped,
}

impl Guard {
    /// Starts `program`, which `stop` will end; `configure` adds its arguments, environment, outputs
    /// and user. Its standard input is empty.
    ///
    /// # Errors
    ///
    /// When no shell can be started. A program that cannot be started ends with status 126 or 127,
    /// and the shell says why on the program's standard error.
    pub fn spawn(program: impl AsRef<OsStr>, stop: Signal, configure: impl FnOnce(&mut Command)) -> io::Result<Self> {
        let (input, pipe) = io::pipe()?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "guard", stop.name(), GRACE]).arg(program);
        configure(&mut shell);
        let shell = shell.process_group(0).stdin(Stdio::from(input)).spawn()?;
        Ok(Self { pipe, shell: Reaped(shell) })
    }

    /// Waits until the program ends by itself. See [`try_wait`](Self::try_wait) for its status.
    ///
    /// # Errors
    ///
    /// When the operating system cannot say how it ended.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.shell.0.wait()
    }

    /// How the program ended, or none while it runs. A program that a signal ended has the status
    /// 128 + the signal's number.
    ///
    /// # Errors
    ///
    /// When the operating system cannot say.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.0.try_wait()
    }

    /// Stops the program with `signal`, and waits for its end.
    ///
    /// # Errors
    ///
    /// When the operating system cannot say how the program ended.
    pub fn stop(self, signal: Signal) -> io::Result<ExitStatus> {
        let Self { mut pipe, mut shell } = self;
        // Fails only where the program has already ended, which is what is asked for.
        let _ = writeln!(pipe, "{}", signal.name());
        drop(pipe);
        shell.0.wait()
    }
}

/// A child that is waited for when it is dropped.
#[derive(Debug)]
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}
