//! The policy to enforce, in its own words.

use std::time::Duration;

use rempart_core::{NameError, Observers, PolicyName, SharedClock};
use rempart_cors as cors;
use rempart_headers::{self as headers, Csp, Directive, HeadersLayer, Source};
use rempart_rate_limit as rate_limit;
use rempart_rate_limit::shared::{SharedPolicy, SharedRateLimitLayer, SharedStore};
use rempart_rate_limit::{Limit, Limiter, RateLimitLayer, WhenFull};
use tower::util::Either;

use crate::routes::Class;
use crate::serve::StartError;

/// The pages that may use the service from a browser.
pub(crate) const ORIGINS: [&str; 3] =
    [CRM, "https://www.drain-fortin.com", "https://phiduqxcufdmgjvdipyu.supabase.co"];

/// The first of them.
pub(crate) const CRM: &str = "https://drain-fortin-crm.com";

/// How often one client may ask, in any minute, whenever that begins.
pub(crate) const WEBHOOK: &str = "10 requests per minute";
pub(crate) const API: &str = "100 requests per minute";
pub(crate) const AUTH: &str = "5 requests per minute";

/// What browsers may do from [`ORIGINS`]; `own` is the origin of the page that is served here.
pub(crate) fn cors(own: &str) -> Result<cors::Policy, cors::ConfigErrors> {
    cors::Policy::credentialed("cors")
        .origins(ORIGINS)
        .own_origins([own])
        .methods(["PUT", "PATCH", "DELETE"])
        .request_headers(cors::preset::SUPABASE_REQUEST_HEADERS)
        .expose_headers(cors::preset::API_EXPOSED_HEADERS)
        .max_age(Duration::from_secs(600))
        .build()
}

/// The headers of the page, and of everything else.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    page: headers::Policy,
    security: headers::Policy,
    api: headers::Policy,
}

impl Headers {
    /// The presets say what the policy asks for, and more; the page reports what it blocks.
    pub(crate) fn new(public_url: &str) -> Result<Self, headers::ConfigErrors> {
        let mut csp = Csp::page().report_to("reports").report_uri([REPORTS]);
        if !public_url.starts_with("https:") {
            // On a developer's machine nothing would answer over https.
            csp = csp.without(Directive::UpgradeInsecureRequests);
        }
        let page = headers::Policy::page("page").csp(csp).endpoint("reports", REPORTS);
        // It shows figures, and asks for nothing but itself.
        let csp = Csp::builder()
            .default_src([Source::None])
            .script_src([Source::Nonce])
            .style_src([Source::Nonce])
            .connect_src([Source::SelfOrigin])
            .base_uri([Source::None])
            .form_action([Source::None])
            .frame_ancestors([Source::None])
            .require_trusted_types();
        let security = headers::Policy::page("security").csp(csp).no_store().build()?;
        Ok(Self { page: page.build()?, security, api: headers::Policy::api("api").build()? })
    }

    pub(crate) fn of(&self, class: Class) -> HeadersLayer {
        let policy = match class {
            Class::Page => &self.page,
            Class::Security => &self.security,
            _ => &self.api,
        };
        HeadersLayer::new(policy.clone())
    }
}

/// Where browsers send what the page's policy blocked.
const REPORTS: &str = "/reports";

/// The limits: a window for each class and client, whatever route of the class is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    webhook: LimitLayer,
    api: LimitLayer,
    auth: LimitLayer,
    page: LimitLayer,
    reports: LimitLayer,
    unmatched: LimitLayer,
}

/// Counts by this instance alone, or by all together.
pub(crate) type LimitLayer = Either<RateLimitLayer, SharedRateLimitLayer>;

impl Limits {
    /// Counted in the store, if there is one: by its clock then.
    pub(crate) fn new(
        store: Option<&SharedStore>,
        clock: &SharedClock,
        observers: &Observers,
    ) -> Result<Self, StartError> {
        let limit = |name: &str| -> Result<LimitLayer, StartError> {
            let (policy, observers) = (window(name)?, observers.clone());
            Ok(match store {
                None => {
                    let layer = RateLimitLayer::new(policy).clock(SharedClock::clone(clock));
                    Either::Left(layer.observer(observers))
                }
                Some(store) => {
                    let layer = SharedRateLimitLayer::new(SharedPolicy::new(policy, store)?);
                    Either::Right(layer.observer(observers))
                }
            })
        };
        let [webhook, api, auth, page, reports, unmatched] = LIMITED;
        Ok(Self {
            webhook: limit(webhook)?,
            api: limit(api)?,
            auth: limit(auth)?,
            page: limit(page)?,
            reports: limit(reports)?,
            unmatched: limit(unmatched)?,
        })
    }

    /// The limit of a class; `None` for the classes that have none.
    pub(crate) fn of(&self, class: Class) -> Option<LimitLayer> {
        Some(match class {
            Class::Webhook => self.webhook.clone(),
            Class::Api => self.api.clone(),
            Class::Auth => self.auth.clone(),
            Class::Page => self.page.clone(),
            Class::Reports => self.reports.clone(),
            Class::Unmatched => self.unmatched.clone(),
            Class::Unlimited | Class::Admin | Class::Security => return None,
        })
    }

    /// How many clients each remembers; of those that are counted together nobody here knows.
    pub(crate) fn tracked(&self) -> impl Iterator<Item = (PolicyName, usize)> {
        let Self { webhook, api, auth, page, reports, unmatched } = self;
        let layers = [webhook, api, auth, page, reports, unmatched].into_iter();
        let limiters = layers.filter_map(|layer| match layer {
            Either::Left(own) => own.limiter(),
            Either::Right(_) => None,
        });
        limiters.flat_map(Limiter::usage).map(|usage| (usage.limit, usage.occupied))
    }
}

/// The names of the limits, as those of the classes.
pub(crate) const LIMITED: [&str; 6] = ["webhook", "api", "auth", "page", "reports", "unmatched"];

/// How often a client may ask for what is limited under this name.
pub(crate) fn quota(limited: &str) -> &'static str {
    match limited {
        "webhook" => WEBHOOK,
        "auth" | DENIED => AUTH,
        _ => API,
    }
}

/// The limit of this name, as the policy's words mean it: of `10 requests per minute` no eleventh
/// is served in any sixty seconds.
fn window(limited: &str) -> Result<rate_limit::Policy, rate_limit::ConfigErrors> {
    // Whoever comes from many addresses can fill a table. Where passwords, tokens and signatures are
    // guessed at, that shall gain nobody a guess, and so strangers are denied early then: such a
    // table is large, at 80 to 110 bytes a client. A log of a hundred takes 700, and a newcomer
    // is served though the table is full: these have the crate's own size, 11 MiB each.
    let (when_full, clients) = match limited {
        "webhook" | "auth" => (WhenFull::Strict, 65_536),
        // Nobody is to reach the administration from that many addresses.
        DENIED => (WhenFull::Strict, 16_384),
        _ => (WhenFull::Available, 16_384),
    };
    let limit = Limit::strict_window(limited, quota(limited));
    rate_limit::Policy::builder(limited).limit(limit.when_full(when_full).capacity(clients)).build()
}

/// How often a client may be denied the administration before it is told nothing but that.
pub(crate) fn denied(clock: &SharedClock) -> Result<Limiter, rate_limit::ConfigErrors> {
    Ok(Limiter::new(window(DENIED)?).clock(SharedClock::clone(clock)))
}

/// The name of the limit on attempts that are denied.
const DENIED: &str = "admin-denied";

/// The names that the service's own events carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names {
    pub(crate) admin: PolicyName,
    /// Of those who only look at the figures, as Prometheus does all the time.
    pub(crate) monitor: PolicyName,
    pub(crate) login: PolicyName,
    pub(crate) refresh: PolicyName,
    pub(crate) body: PolicyName,
    pub(crate) reports: PolicyName,
}

impl Names {
    pub(crate) fn new() -> Result<Self, NameError> {
        Ok(Self {
            admin: PolicyName::new("admin")?,
            monitor: PolicyName::new("monitor")?,
            login: PolicyName::new("login")?,
            refresh: PolicyName::new("refresh")?,
            body: PolicyName::new("body")?,
            reports: PolicyName::new("reports")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_addresses_gains_a_guess_nowhere_and_is_no_outage_elsewhere() {
        for name in LIMITED.into_iter().chain([DENIED]) {
            let limiter = Limiter::new(window(name).unwrap());
            for address in 0..150_000_u32 {
                let _ = limiter.check_key(&address, 1);
            }
            let usage = limiter.usage().remove(0);
            assert!(usage.evicted > 0, "{name}");
            let strict = ["webhook", "auth", DENIED].contains(&name);
            assert_eq!(usage.inherited == usage.evicted, strict, "{name}: {usage:?}");
        }
    }
}
