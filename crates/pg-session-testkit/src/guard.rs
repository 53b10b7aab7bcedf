use std::ffi::OsStr;
use std::io::{self, PipeWriter, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

/// The shell script that starts the program and watches this process.
///
/// Its standard input is a pipe, and only this process holds the other end. The pipe therefore closes when this process
/// ends, whatever ends it. A line on the pipe is the name of a signal to send instead of the default one.
const SCRIPT: &str = r#"
default=$1 grace=$2
shift 2
exec 3<&0 </dev/null

"$@" 3<&- &
program=$!

{
    read -r signal <&3
    kill -s "${signal:-$default}" "$program"
    # SIGTERM would be lost between the fork and the exec of `sleep`.
    trap 'kill -s KILL "$!"; wait "$!"; exit' TERM
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

/// How many seconds a program may take to stop before it is killed.
const GRACE: &str = "10";

/// The signal that stops a guarded program.
///
/// A shell starts background jobs with SIGINT and SIGQUIT ignored. A program without its own signal handlers therefore
/// reacts to [`Terminate`](Self::Terminate) only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, which is PostgreSQL's fast shutdown.
    Interrupt,
    /// SIGQUIT, which is PostgreSQL's immediate shutdown. The next start recovers the data.
    Quit,
    /// SIGTERM, which asks most programs to stop cleanly.
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

/// A child process that cannot outlive this process.
///
/// Dropping the guard stops the program and waits for its end. The program also stops if this process exits, panics, is
/// interrupted or is killed with SIGKILL. A program that does not stop within 10 seconds is killed.
///
/// The program runs in its own process group, so Ctrl-C in the terminal does not reach it.
#[derive(Debug)]
pub struct Guard {
    // The order of the fields is the order of the drops: the shell ends after the pipe is closed.
    pipe: PipeWriter,
    shell: Reaped,
}

impl Guard {
    /// Starts `program`. `configure` adds its arguments, environment, outputs and user; its standard input is empty.
    /// Dropping the guard sends the signal `stop`.
    ///
    /// # Errors
    ///
    /// Returns an error if the shell cannot be started. If the program cannot be started, its status is 126 or 127, and
    /// the shell prints the reason to the program's standard error.
    pub fn spawn(program: impl AsRef<OsStr>, stop: Signal, configure: impl FnOnce(&mut Command)) -> io::Result<Self> {
        let (input, pipe) = io::pipe()?;
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "guard", stop.name(), GRACE]).arg(program);
        configure(&mut shell);
        let shell = shell.process_group(0).stdin(Stdio::from(input)).spawn()?;
        Ok(Self { pipe, shell: Reaped(shell) })
    }

    /// Waits until the program exits. See [`try_wait`](Self::try_wait) for its status.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot report the status.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.shell.0.wait()
    }

    /// Returns the program's exit status, or `None` if it is running. The status of a program that a signal ended is 128
    /// plus the signal's number.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot report the status.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.0.try_wait()
    }

    /// Stops the program with `signal` and waits for its end.
    ///
    /// # Errors
    ///
    /// Returns an error if the operating system cannot report the status.
    pub fn stop(self, signal: Signal) -> io::Result<ExitStatus> {
        let Self { mut pipe, mut shell } = self;
        // Fails only if the program has already ended.
        let _ = writeln!(pipe, "{}", signal.name());
        drop(pipe);
        shell.0.wait()
    }
}

/// A child process. Dropping it waits for its end.
#[derive(Debug)]
pub(crate) struct Reaped(pub(crate) Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}
