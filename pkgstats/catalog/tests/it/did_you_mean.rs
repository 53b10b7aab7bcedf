//! Case 3.

use pkgstats_core::near::DidYouMean;

use crate::site::{catalog, names, search};

fn meant(name: &str, times: Option<u64>) -> Option<DidYouMean> {
    Some(DidYouMean { name: name.to_owned(), times })
}

#[tokio::test]
async fn a_far_more_popular_relative_is_suggested_with_its_factor() {
    for (typed, name, times) in [
        ("axois", "axios", 43_355),
        ("loadsh", "lodash", 12_131),
        ("crossenv", "cross-env", 5_682),
        ("nextjs", "next", 6_762),
    ] {
        assert_eq!(search(typed).await.did_you_mean, meant(name, Some(times)));
    }
}

#[tokio::test]
async fn typing_errors_find_the_name_that_was_meant() {
    for (typed, name) in [
        ("reatc", "react"),
        ("webpakc", "webpack"),
        ("typscript", "typescript"),
        ("mongose", "mongoose"),
        ("jqeury", "jquery"),
        ("momnet", "moment"),
        ("chlak", "chalk"),
        ("esilnt", "eslint"),
        ("conect-pg-simple", "connect-pg-simple"),
    ] {
        assert_eq!(search(typed).await.did_you_mean.map(|meant| meant.name).as_deref(), Some(name), "{typed}");
    }
}

#[tokio::test]
async fn a_typing_error_that_is_no_name_shows_the_results_for_the_right_word() {
    let found = search("esilnt").await;
    assert_eq!(found.corrected.as_ref().map(|corrected| corrected.to.as_str()), Some("eslint"));
    assert_eq!(names(&found)[0], "eslint");
    assert_eq!(found.did_you_mean, meant("eslint", None));
}

#[tokio::test]
async fn popular_names_have_no_notice() {
    for name in ["express", "preact", "vue", "react", "koa session"] {
        assert_eq!(search(name).await.did_you_mean, None, "{name}");
    }
}

#[tokio::test]
async fn the_page_of_a_look_alike_says_so() {
    let catalog = catalog().await;
    let look_alike = catalog.package("crossenv").await.unwrap().unwrap().look_alike;
    assert_eq!(look_alike, meant("cross-env", Some(5_682)));
    assert_eq!(catalog.package("cross-env").await.unwrap().unwrap().look_alike, None);
}
