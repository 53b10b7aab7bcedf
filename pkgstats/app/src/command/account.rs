//! `pkgstats account`: lists, adds and deletes accounts, and sets their passwords.

use std::io::{self, BufRead, IsTerminal, Read};

use anyhow::{Context, ensure};
use clap::Subcommand;
use pkgstats::App;
use time::OffsetDateTime;

/// More bytes than any password has.
const MOST_BYTES: u64 = 4096;

#[derive(Subcommand)]
pub(crate) enum Action {
    /// List the accounts.
    List,
    /// Add an account. Asks for its password, or reads it from the first line of standard input.
    Add { name: String },
    /// Set the password of an account, and end its sessions. Asks for it, or reads it from the first line of standard input.
    Password { name: String },
    /// Delete an account, its sessions, stars and watches.
    Delete { name: String },
}

impl Action {
    pub(crate) async fn run(self, app: &App) -> anyhow::Result<()> {
        match self {
            Self::List => {
                for account in app.accounts().await? {
                    let created = OffsetDateTime::from(account.created).date();
                    let (stars, watches) = (account.stars, account.watches);
                    println!("{:<39} created {created}  {stars:>5} starred  {watches:>5} watched", account.name);
                }
            }
            Self::Add { name } => {
                app.add_account(&name, ask()?).await?;
                println!("added {name}");
            }
            Self::Password { name } => {
                let ended = app.set_password(&name, ask()?).await?;
                println!("set the password of {name}, and ended {ended} of its sessions");
            }
            Self::Delete { name } => {
                let ended = app.delete_account(&name).await?;
                println!("deleted {name}, and ended {ended} of its sessions");
            }
        }
        Ok(())
    }
}

/// Asks for a password twice in a terminal, or reads it from standard input. Never an argument, which other users could see.
fn ask() -> anyhow::Result<String> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ").context("cannot read the password")?;
        let again = rpassword::prompt_password("The same again: ").context("cannot read the password")?;
        ensure!(password == again, "the passwords differ; try again");
        return Ok(password);
    }
    let mut line = String::new();
    io::stdin().lock().take(MOST_BYTES).read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
