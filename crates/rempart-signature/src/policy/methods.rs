use std::sync::Arc;

use http::{HeaderValue, Method};

use super::Rules;
use crate::Part;

/// The methods that a policy takes; every one, if it names none.
#[derive(Clone, Debug)]
pub(super) struct Methods(Option<Listed>);

#[derive(Clone, Debug)]
struct Listed {
    methods: Arc<[Method]>,
    /// What `Allow` says of them; a method is a token, so that it is always there.
    allow: Option<HeaderValue>,
}

impl Methods {
    /// Those that were asked for, or else those by which such a sender calls.
    pub(super) fn new(asked: Option<Vec<Method>>, rules: &Rules) -> Self {
        let usual = || match rules {
            Rules::Messages(_) => None,
            Rules::Scheme(scheme) if scheme.template().has(&Part::Method) => None,
            // Twilio: what it has to say stands in the URL then, and that is signed.
            Rules::Scheme(scheme) if scheme.template().signs_form() => {
                Some(vec![Method::GET, Method::POST])
            }
            Rules::Items(_) | Rules::Scheme(_) | Rules::Token(_) => Some(vec![Method::POST]),
        };
        Self(asked.or_else(usual).map(|methods| {
            let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
            Listed { allow: HeaderValue::try_from(names.join(", ")).ok(), methods: methods.into() }
        }))
    }

    pub(super) fn list(&self) -> Option<&[Method]> {
        self.0.as_ref().map(|listed| &*listed.methods)
    }

    pub(super) fn take(&self, method: &Method) -> bool {
        self.list().is_none_or(|list| list.contains(method))
    }

    /// What `Allow` says of them.
    pub(super) fn allow(&self) -> Option<HeaderValue> {
        self.0.as_ref()?.allow.clone()
    }
}
