use super::destroy::destroy;
use super::sessions_of::sessions_of;
use crate::core::Core;
use crate::error::Result;

pub(crate) async fn destroy_handle(core: &Core, subject: &str, handle: &str) -> Result<bool> {
    let sessions = sessions_of(core, subject).await?;
    match sessions.iter().find(|session| session.handle() == handle) {
        Some(session) => destroy(core, session.id()).await,
        None => Ok(false),
    }
}
