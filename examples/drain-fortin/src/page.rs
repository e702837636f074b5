//! The page: sign in, see the calls.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rempart_headers::Nonce;

/// `GET /`
///
/// Its script and its style carry the nonce of the response's policy; nothing comes from
/// elsewhere, and nothing that anybody sent is in it.
pub(crate) async fn page(nonce: Nonce) -> Markup {
    let nonce = nonce.as_str();
    html! {
        (DOCTYPE)
        html lang="en-CA" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Drain Fortin – calls" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "Drain Fortin" }
                    button .plain #leave type="button" hidden { "Sign out" }
                }
                main {
                    section .card #door aria-labelledby="sign-in" {
                        h2 #sign-in { "Sign in" }
                        form #form {
                            label { "E-mail address"
                                input #email name="email" type="email" autocomplete="username" required;
                            }
                            label { "Password"
                                input name="password" type="password" autocomplete="current-password" required;
                            }
                            button type="submit" { "Sign in" }
                        }
                        p .fault #say role="alert" {}
                        noscript { p { "This page needs its script to sign you in." } }
                    }
                    section .card #room aria-labelledby="title" hidden {
                        h2 #title tabindex="-1" { "Calls" }
                        p .quiet #news role="status" {}
                        ul .records #calls {}
                        div .buttons {
                            button .plain #older type="button" hidden { "Older calls" }
                            button .plain #again type="button" { "Refresh" }
                        }
                    }
                }
                footer .quiet { "Calls are kept on the company's own server." }
                script nonce=(nonce) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/app.js");
