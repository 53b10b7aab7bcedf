//! Attempts to sign in and to sign up are limited, over two instances.

use std::time::{Duration, Instant};

use reqwest::Response;

use crate::site::{PASSWORD, Site, Visitor};

async fn sign_in(visitor: &Visitor, name: &str, password: &str, from: &str) -> Response {
    visitor.post_with(&[("x-forwarded-for", from)], "/sign-in", &[("name", name), ("password", password)]).await
}

fn seconds(response: &Response) -> u64 {
    response.headers()["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn passwords_for_one_name_are_limited_over_all_instances_and_addresses() {
    let site = Site::start().await;
    let owner = site.visitor();
    owner.sign_up("ada").await;
    let thief = site.visitor();
    let instances = [thief.clone(), site.elsewhere(&thief)];
    // Nobody learns which accounts exist: both names are answered alike.
    for name in ["ada", "nobody"] {
        for n in 0..10 {
            let from = format!("198.51.{}.{n}", name.len());
            let response = sign_in(&instances[n % 2], name, "wrong horse battery", &from).await;
            assert_eq!(response.status(), 422, "{name} {n}");
        }
        let response = sign_in(&instances[0], name, PASSWORD, "198.51.100.99").await;
        assert_eq!(response.status(), 429, "{name}");
        assert!((1..=61).contains(&seconds(&response)), "{}", seconds(&response));
        let page = response.text().await.unwrap();
        assert!(page.contains("There were too many attempts. Try again in"), "{page}");
        assert!(page.contains(&format!("value=\"{name}\"")) && !page.contains(PASSWORD), "{page}");
    }
    assert_eq!(owner.get("/account/devices").await.status(), 200);
}

#[tokio::test]
async fn a_password_is_checked_for_as_long_if_there_is_no_account() {
    let site = Site::start().await;
    let visitor = site.visitor();
    visitor.sign_up("ada").await;
    // The shortest of several times is that of a machine that does nothing else.
    let mut shortest = [Duration::MAX; 2];
    for _ in 0..8 {
        for (name, shortest) in ["ada", "nobody"].into_iter().zip(&mut shortest) {
            let start = Instant::now();
            sign_in(&visitor, name, "wrong horse battery", "198.51.100.7").await;
            *shortest = start.elapsed().min(*shortest);
        }
    }
    // Without a check, it would be a tenth.
    assert!(shortest[1] * 3 > shortest[0], "{shortest:?}");
}

#[tokio::test]
async fn passwords_from_one_address_are_limited() {
    let site = Site::start().await;
    let visitor = site.visitor();
    let instances = [visitor.clone(), site.elsewhere(&visitor)];
    for n in 0..30 {
        let response = sign_in(&instances[n % 2], &format!("name-{n}"), PASSWORD, "2001:db8::1").await;
        assert_eq!(response.status(), 422, "{n}");
    }
    let response = sign_in(&instances[0], "name", PASSWORD, "2001:db8::2").await;
    assert_eq!((response.status().as_u16(), seconds(&response) <= 11), (429, true));
    let form = [("name", "ada"), ("password", PASSWORD)];
    let response = visitor.post_with(&[("x-forwarded-for", "2001:db8::3")], "/sign-up", &form).await;
    assert_eq!(response.status(), 429);
    assert!(response.text().await.unwrap().contains("too many attempts"));
    assert_eq!(sign_in(&instances[1], "name", PASSWORD, "2001:db8:0:1::1").await.status(), 422);
}

#[tokio::test]
async fn attempts_at_once_do_not_share_one() {
    let site = Site::start().await;
    let visitor = site.visitor();
    let instances = [visitor.clone(), site.elsewhere(&visitor)];
    let all: tokio::task::JoinSet<_> = (0..24)
        .map(|n| {
            let visitor = instances[n % 2].clone();
            async move { sign_in(&visitor, "ada", "wrong horse battery", &format!("198.51.100.{n}")).await.status() }
        })
        .collect();
    let checked = all.join_all().await.iter().filter(|status| status.as_u16() == 422).count();
    assert_eq!(checked, 10);
}

#[tokio::test]
async fn the_right_password_gives_the_attempts_back() {
    let site = Site::start().await;
    let visitor = site.visitor();
    visitor.sign_up("ada").await;
    for _ in 0..4 {
        for _ in 0..6 {
            assert_eq!(sign_in(&visitor, "ada", "wrong horse battery", "198.51.100.7").await.status(), 422);
        }
        assert_eq!(sign_in(&visitor, "ada", PASSWORD, "198.51.100.7").await.status(), 303);
    }
}

#[tokio::test]
async fn attempts_are_forgotten_once_they_are_back() {
    let site = Site::start().await;
    let visitor = site.visitor();
    for n in 0..8 {
        sign_in(&visitor, &format!("a password typed as a name {n}"), PASSWORD, "198.51.100.7").await;
    }
    let database = site.database.client().await;
    let count =
        async || -> i64 { database.query_one("SELECT count(*) FROM pkgstats.attempt", &[]).await.unwrap().get(0) };
    assert_eq!(count().await, 9);
    database.execute("UPDATE pkgstats.attempt SET full_at = full_at - interval '1 hour'", &[]).await.unwrap();
    sign_in(&visitor, "ada", PASSWORD, "198.51.100.8").await;
    assert_eq!(count().await, 2);
}
