//! The address that a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};

use crate::app::App;

/// The address of the client, or nothing if it is not known.
pub(crate) struct ClientAddress(pub(crate) Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let passed_on = app.client_address_header.as_ref().and_then(|header| passed_on(&parts.headers, header));
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Self(passed_on.or(peer).map(network)))
    }
}

/// Returns the last address of a header, which is the one that the nearest proxy has added. Clients can send those before.
fn passed_on(headers: &HeaderMap, name: &HeaderName) -> Option<IpAddr> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next()?.trim().parse().ok()
}

/// Returns the network of an address that one client has alone: 64 bits of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_address_that_the_proxy_adds_counts() {
        let name = HeaderName::from_static("x-forwarded-for");
        for (values, address) in [
            (vec!["198.51.100.7"], Some("198.51.100.7")),
            (vec!["203.0.113.9, 198.51.100.7"], Some("198.51.100.7")),
            (vec!["203.0.113.9", "198.51.100.7"], Some("198.51.100.7")),
            (vec!["2001:db8::1"], Some("2001:db8::1")),
            (vec!["unknown"], None),
            (vec![], None),
        ] {
            let headers = values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect();
            assert_eq!(passed_on(&headers, &name), address.map(|address| address.parse().unwrap()), "{values:?}");
        }
    }

    #[test]
    fn a_client_has_a_whole_network_of_ipv6() {
        for (address, expected) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("198.51.100.7", "198.51.100.7"),
        ] {
            assert_eq!(network(address.parse().unwrap()).to_string(), expected);
        }
    }
}
