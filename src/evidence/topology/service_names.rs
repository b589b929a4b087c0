//! What one Service is called: its name, the forms of its DNS name, its addresses, and the variable that pods get of it.

use super::super::findings::Service;
use crate::model::Subject;
use std::collections::BTreeMap;

/// The words by which a Service can be named.
#[derive(Debug, Default)]
pub(super) struct ServiceNames {
    /// `CATALOG_SERVICE_HOST`, valid in the Service's own namespace.
    variables: BTreeMap<(String, String), Subject>,
    /// `catalog`, valid in its own namespace as a host name, and `catalog.shop` anywhere.
    services: BTreeMap<(String, String), Subject>,
    /// An address that several share, as one of a balancer may be, is none's.
    addresses: BTreeMap<String, Option<Subject>>,
}

impl ServiceNames {
    pub fn new(services: &BTreeMap<Subject, Service>) -> Self {
        let mut names = Self::default();
        for (subject, service) in services {
            let namespace = subject.namespace().unwrap_or_default().to_owned();
            let variable = format!("{}_SERVICE_HOST", subject.name().to_uppercase().replace('-', "_"));
            names.variables.insert((namespace.clone(), variable), subject.clone());
            names.services.insert((namespace, subject.name().to_owned()), subject.clone());
            for address in &service.addresses {
                let of_one = !names.addresses.contains_key(address);
                names.addresses.insert(address.clone(), of_one.then(|| subject.clone()));
            }
        }
        names
    }

    /// The Service that a word of a pod's configuration means; a bare word counts only where it is a host.
    pub fn of_word(&self, word: &str, namespace: &str, is_host: bool) -> Option<&Subject> {
        let key = (namespace.to_owned(), word.to_owned());
        let named = self.variables.get(&key).or_else(|| self.addresses.get(word)?.as_ref());
        named.or_else(|| match word.split_once('.') {
            Some((name, rest)) => {
                let home = rest.split('.').next().unwrap_or_default();
                let home = if home == "svc" { namespace } else { home };
                self.services.get(&(home.to_owned(), name.to_owned()))
            }
            None if is_host => self.services.get(&key),
            None => None,
        })
    }

    /// The Service at a host, with or without a port behind it.
    pub fn of_host(&self, host: &str, namespace: &str) -> Option<&Subject> {
        let named = |host: &str| self.of_word(host.trim_end_matches('.'), namespace, true);
        named(host).or_else(|| named(without_port(host)?))
    }
}

/// A host without the port behind it, and the brackets of an IPv6 address; none where it has no port.
pub(super) fn without_port(host: &str) -> Option<&str> {
    let (host, port) = host.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then(|| host.trim_start_matches('[').trim_end_matches(']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_service_has_many_names() {
        let with = |addresses: &[&str]| Service {
            addresses: addresses.iter().map(|&address| address.to_owned()).collect(),
            ..Service::default()
        };
        let subject = Subject::namespaced("Service", "shop", "cache-main");
        let other = Subject::namespaced("Service", "other", "web");
        let services = [
            (subject.clone(), with(&["10.96.0.182", "fd00:96::b6", "203.0.113.7"])),
            (other, with(&["10.96.0.9", "203.0.113.7"])),
        ];
        let names = ServiceNames::new(&BTreeMap::from(services));
        for host in [
            "cache-main",
            "cache-main:6379",
            "cache-main.shop",
            "cache-main.shop.svc:6379",
            "cache-main.shop.svc.cluster.local.",
            "10.96.0.182:6379",
            "[fd00:96::b6]:6379",
            "fd00:96::b6",
        ] {
            assert_eq!(names.of_host(host, "shop"), Some(&subject), "{host}");
        }
        assert_eq!(names.of_host("203.0.113.7", "shop"), None, "two share the balancer's address");
        assert_eq!(names.of_host("cache-main", "other"), None);
        assert_eq!(names.of_host("10.96.0.182:http", "shop"), None);
        assert_eq!(names.of_host("cache-main.example.com", "shop"), None);
    }
}
