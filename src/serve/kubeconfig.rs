//! The kubeconfig by which kubectl finds the server.

/// A kubeconfig with one context, named after the archive.
///
/// The token is a part of the address: kubectl sends no other credentials where there is no TLS (client-go,
/// tools/clientcmd/client_config.go, "only try to read the auth information if we are secure"), and this never leaves the
/// machine. It is a bearer token as well, for other clients.
pub fn kubeconfig(name: &str, port: u16, token: &str, namespace: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let (name, server) = (quoted(name), quoted(&format!("http://127.0.0.1:{port}/{token}")));
    let (token, namespace) = (quoted(token), quoted(namespace));
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {name}\n\
         clusters:\n- name: {name}\n  cluster:\n    server: {server}\n\
         users:\n- name: {name}\n  user:\n    token: {token}\n\
         contexts:\n- name: {name}\n  context:\n    cluster: {name}\n    user: {name}\n    namespace: {namespace}\n"
    )
}
