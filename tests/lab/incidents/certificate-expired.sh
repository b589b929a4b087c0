#!/usr/bin/env bash
# The certificate of an admission webhook runs out. Nothing is seen of that until
# somebody makes a pod: then every one is refused, a job's and a release's alike,
# and the release has taken the old pod away already. Then the certificate is renewed.
. "$(dirname "$0")/lib.sh"
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
# left over from a run before, it would refuse this one's pods
kubectl delete validatingwebhookconfiguration press-admission --ignore-not-found >/dev/null
namespace press
noise
( cd "$keys"
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=press-ca -keyout ca.key -out ca.crt
  openssl req -newkey rsa:2048 -nodes -subj /CN=admission.press.svc -addext subjectAltName=DNS:admission.press.svc -keyout tls.key -out tls.csr
  touch index.txt; echo 01 >serial
  printf '%s\n' '[ca]' default_ca=press '[press]' new_certs_dir=. database=index.txt serial=serial default_md=sha256 policy=any \
    unique_subject=no copy_extensions=copy '[any]' commonName=supplied >ca.conf ) 2>/dev/null
certificate() { # certificate SECONDS: one that is valid that long from now, as Secret admission-tls
  ( cd "$keys"
    openssl ca -batch -config ca.conf -cert ca.crt -keyfile ca.key -in tls.csr -out tls.crt -notext \
      -startdate "$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "+$1 seconds" +%Y%m%d%H%M%SZ)" ) 2>/dev/null
  k create secret tls admission-tls --cert "$keys/tls.crt" --key "$keys/tls.key" --dry-run=client -o yaml | apply
}
ends=$((SECONDS + 90))
certificate 90
# the host's own Python, mounted as that of monitoring is: answers every review, reads the certificate anew for each caller
apply <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: admission}
data:
  admission.py: |
    import http.server, json, ssl, threading
    class Review(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request = review["request"]
            print(f"admission: allowed {request['operation']} of {request['resource']['resource']} in {request['namespace']}", flush=True)
            answer = json.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {"uid": request["uid"], "allowed": True}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)
        def log_message(self, *words): pass
    class Server(http.server.ThreadingHTTPServer):
        def finish_request(self, request, address):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain("/keys/tls.crt", "/keys/tls.key")
            try:
                with context.wrap_socket(request, server_side=True) as wrapped:
                    self.RequestHandlerClass(wrapped, address, self)
            except OSError as error:
                print(f"admission: TLS handshake error from {address[0]}: {error}", flush=True)
    print("admission: listening on 8443", flush=True)
    Server(("", 8443), Review).serve_forever()
---
apiVersion: v1
kind: Service
metadata: {name: admission}
spec: {selector: {app: admission}, ports: [{port: 443, targetPort: 8443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: admission}
spec:
  selector: {matchLabels: {app: admission}}
  template:
    metadata: {labels: {app: admission}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {kubernetes.io/hostname: node-2}
      containers:
        - name: admission
          image: lab/busybox:1
          command: [/usr/bin/python3, /app/admission.py]
          readinessProbe: {tcpSocket: {port: 8443}, periodSeconds: 5}
          volumeMounts:
            - {name: app, mountPath: /app}
            - {name: keys, mountPath: /keys}
            - {name: usr, mountPath: /usr, readOnly: true}
            - {name: lib, mountPath: /lib, readOnly: true}
            - {name: lib64, mountPath: /lib64, readOnly: true}
      volumes:
        - {name: app, configMap: {name: admission}}
        - {name: keys, secret: {secretName: admission-tls}}
        - {name: usr, hostPath: {path: /usr}}
        - {name: lib, hostPath: {path: /usr/lib}}
        - {name: lib64, hostPath: {path: /usr/lib64}}
YAML
healthy 60 deployment/admission
kubectl apply -f - >/dev/null <<YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: press-admission}
webhooks:
  - name: pods.press.example
    admissionReviewVersions: [v1]
    sideEffects: None
    failurePolicy: Fail
    timeoutSeconds: 5
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: press}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
    clientConfig: {service: {namespace: press, name: admission}, caBundle: $(base64 -w0 "$keys/ca.crt")}
YAML
sleep 2
server articles 1
k patch deployment articles -p '{"spec":{"progressDeadlineSeconds":60,"strategy":{"type":"Recreate","rollingUpdate":null}}}' >/dev/null
apply <<'YAML'
apiVersion: batch/v1
kind: CronJob
metadata: {name: digest}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: digest, image: lab/busybox:1, command: [sh, -c, "echo 'digest: sent'; sleep 1"]}]
YAML
healthy 60 deployment/articles
caller reader 2 articles "$(spread reader)"
healthy 60 deployment/reader
[ "$SECONDS" -lt "$ends" ] || die "the certificate ran out before everything was healthy"
sleep $((ends - SECONDS + 1))
onset # the certificate has just run out
see 90 "a job's pod refused" "event FailedCreate 'Job/press/digest.*certificate has expired'"
note "a release of the articles"
k set env deployment/articles RELEASE=2 >/dev/null
see 30 "the release's pod refused" "event FailedCreate 'ReplicaSet/press/articles.*certificate has expired'"
see 60 "the reader not ready" "event Unhealthy 'reader-.*Readiness probe'"
see 90 "the release miss its deadline" "k get deployment articles -o jsonpath='{.status.conditions[?(@.type==\"Progressing\")].reason}' | grep -w ProgressDeadlineExceeded"
see 10 "the webhook's own pod ready" "ready admission"
note "the certificate is renewed"
certificate 86400
see 180 "the articles back" "ready articles"
see 60 "the reader ready again" "ready reader"
see 90 "a digest sent again" "k get jobs --sort-by .metadata.creationTimestamp -o jsonpath='{.items[-1:].status.succeeded}' | grep 1"
finish
