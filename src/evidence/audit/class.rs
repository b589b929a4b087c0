//! Classes of requests: who asked, and for what.

use super::actor::Actor;
use super::event::Event;

/// Who asked, and for what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    pub actor: Actor,
    pub verb: String,
    /// With its group and subresource; a word for requests that are about none.
    pub resource: String,
}

impl Class {
    pub fn of(event: &Event) -> Self {
        let object = &event.object;
        let resource = match (object.resource.as_str(), object.subresource.as_str()) {
            ("", _) => "no resource".to_owned(),
            (_, "") => object.plural(),
            (_, subresource) => format!("{}/{subresource}", object.plural()),
        };
        let actor = Actor::of(&event.user, &event.impersonated, &event.agent);
        Self { actor, verb: event.verb.clone(), resource }
    }

    /// As a sentence has it: `list pods`.
    pub fn asked(&self) -> String {
        format!("{} {}", self.verb, self.resource)
    }
}

/// Whether a request is answered as long as its client likes (cmd/kube-apiserver/app, `BasicLongRunningRequestCheck`).
pub fn is_long(event: &Event) -> bool {
    matches!(event.verb.as_str(), "watch" | "proxy" | "connect")
        || matches!(event.object.subresource.as_str(), "attach" | "exec" | "proxy" | "log" | "portforward")
}
