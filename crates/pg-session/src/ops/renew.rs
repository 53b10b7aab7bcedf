use std::time::Duration;

use smallvec::smallvec;

use super::offload::{is_large, offload};
use super::run::run;
use crate::backend::Params;
use crate::core::Core;
use crate::error::Result;
use crate::merge::{Reader, RenewalPlan, plan_renewal};
use crate::session::{Encoded, Session, check_id, ttl_ms};

/// What is known about a session that gets a new id, for [`PgStore::renew`](crate::PgStore::renew).
#[derive(Clone, Copy, Debug)]
pub struct Renewal<'a> {
    /// The session as the request loaded it or saved it last.
    pub base: &'a Session,
    /// What [`PgStore::take`](crate::PgStore::take) returned for the old id: `None` if another request had ended the session.
    pub taken: Option<&'a Session>,
    /// The keys of the data that belong to the middleware. They are kept, but alone they are not a reason to store the
    /// session.
    pub own_keys: &'a [&'a str],
}

pub(crate) async fn renew(
    core: &Core,
    id: &str,
    renewal: &Renewal<'_>,
    data: Encoded,
    ttl: Option<Duration>,
) -> Result<bool> {
    check_id(id)?;
    data.check_size(core.options.max_size)?;
    let (base, taken) = (renewal.base, renewal.taken.map(Session::json));
    let plan = plan(base.reader(), base.json(), taken, &data, renewal.own_keys).await?;
    let data = match plan {
        RenewalPlan::Nothing => return Ok(false),
        RenewalPlan::Store(text) => text,
        RenewalPlan::Fresh => data.into_string(),
    };
    let data = Encoded::from_json(data);
    data.check_merged_size(taken.unwrap_or_default(), core.options.max_size)?;
    let mut params: Params =
        smallvec![id.into(), data.into_string().into(), ttl_ms(ttl.unwrap_or(core.options.ttl))?.into()];
    if core.options.table.max_age.is_some() {
        let created = renewal.taken.and_then(Session::created);
        params.push(created.map_or_else(String::new, |created| created.to_string()).into());
        run(core, |statements| &statements.renew, params).await?;
    } else {
        run(core, |statements| &statements.set, params).await?;
    }
    Ok(true)
}

/// Plans a renewal. Large texts are compared beside the async workers.
pub(crate) async fn plan(
    reader: Reader,
    base: &str,
    taken: Option<&str>,
    data: &Encoded,
    own_keys: &[&str],
) -> Result<RenewalPlan> {
    let bytes = base.len() + taken.map_or(0, str::len) + data.len();
    if !is_large(bytes) {
        return Ok(plan_renewal(reader, base, taken, data, own_keys));
    }
    let (base, taken, data) = (base.to_owned(), taken.map(str::to_owned), data.clone());
    let own_keys: Vec<_> = own_keys.iter().map(|key| (*key).to_owned()).collect();
    let plan = move || {
        let own_keys: Vec<_> = own_keys.iter().map(String::as_str).collect();
        plan_renewal(reader, &base, taken.as_deref(), &data, &own_keys)
    };
    Box::pin(offload(bytes, plan)).await
}
