//! A real Chromium, driven over its own protocol: what a person does with mouse and keys, and what is then on the page.
//!
//! It decides nothing about the page. Where Chromium is not installed it says so, and fails where `CI` is `true`.

use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// No answer within this is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Browser {
    process: Child,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    sent: u64,
    /// What the page asked for over the network, and what it or the browser complained of.
    pub requests: Vec<String>,
    pub complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Modifier keys, as the protocol numbers them.
pub const PLAIN: u32 = 0;
pub const CONTROL: u32 = 2;
pub const SHIFT: u32 = 8;

impl Browser {
    /// A window of this size; none where there is no Chromium.
    pub fn open(width: u32, height: u32) -> Option<Self> {
        let profile = tempfile::tempdir().expect("a folder");
        let began = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = began else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "chromium is not installed");
            eprintln!("skipped: chromium is not installed");
            return None;
        };
        let address = address(profile.path());
        let (socket, _) = tungstenite::connect(address).expect("Chromium answers");
        let (requests, complaints) = (Vec::new(), Vec::new());
        let mut browser = Self { process, socket, session: None, sent: 0, requests, complaints, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", &attached);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.size(width, height);
        Some(browser)
    }

    pub fn size(&mut self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// `dark` or `light`; `print` or the screen.
    pub fn look(&mut self, scheme: &str, media: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", &json!({"media": media, "features": features}));
    }

    /// Opens a file, with a fragment that may be empty, and waits until the page has drawn.
    pub fn go(&mut self, file: &Path, fragment: &str) {
        // A page whose fragment alone differs is not loaded anew.
        self.call("Page.navigate", &json!({"url": "about:blank"}));
        self.call("Page.navigate", &json!({"url": format!("file://{}{fragment}", file.display())}));
        self.wait("document.readyState === 'complete' && (window.timeline || !document.getElementById('chart'))");
        self.frame();
    }

    /// What an expression is on the page.
    pub fn ask(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    pub fn wait(&mut self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.ask(&format!("Boolean({expression})")).as_bool().unwrap_or_default() {
            assert!(Instant::now() < until, "never: {expression}; {:?}", self.complaints);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Draws what is still to be drawn.
    pub fn frame(&mut self) {
        self.ask("window.timeline && timeline.frame()");
    }

    pub fn key(&mut self, key: &str) {
        let text = if key.len() == 1 { key } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let code = if key == "Escape" { 27 } else { 0 };
            let event = json!({"type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", &event);
        }
        self.frame();
    }

    pub fn mouse(&mut self, kind: &str, (x, y): (f64, f64), modifiers: u32) {
        let pressed = u32::from(kind != "mouseReleased");
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "buttons": pressed, "clickCount": 1,
            "modifiers": modifiers});
        self.call("Input.dispatchMouseEvent", &event);
    }

    pub fn hover(&mut self, (x, y): (f64, f64)) {
        let event = json!({"type": "mouseMoved", "x": x, "y": y, "button": "none", "buttons": 0});
        self.call("Input.dispatchMouseEvent", &event);
        self.frame();
    }

    pub fn click(&mut self, at: (f64, f64)) {
        self.hover(at);
        self.mouse("mousePressed", at, PLAIN);
        self.mouse("mouseReleased", at, PLAIN);
        self.frame();
    }

    pub fn drag(&mut self, from: (f64, f64), to: (f64, f64), modifiers: u32) {
        self.mouse("mousePressed", from, modifiers);
        self.mouse("mouseMoved", (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1)), modifiers);
        self.mouse("mouseMoved", to, modifiers);
        self.mouse("mouseReleased", to, modifiers);
        self.frame();
    }

    pub fn wheel(&mut self, (x, y): (f64, f64), delta: f64, modifiers: u32) {
        let event = json!({"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": delta, "modifiers": modifiers});
        self.call("Input.dispatchMouseEvent", &event);
        self.frame();
    }

    /// Two fingers that are moved apart or together.
    pub fn pinch(&mut self, (x, y): (f64, f64), from: f64, to: f64) {
        let fingers = |apart: f64| json!([{"x": x - apart, "y": y, "id": 1}, {"x": x + apart, "y": y, "id": 2}]);
        for (kind, points) in [("touchStart", fingers(from)), ("touchMove", fingers(to)), ("touchEnd", json!([]))] {
            self.call("Input.dispatchTouchEvent", &json!({"type": kind, "touchPoints": points}));
        }
        self.frame();
    }

    /// Sends a command and takes in what comes before its answer.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).expect("Chromium listens");
        loop {
            let Message::Text(text) = self.socket.read().expect("Chromium answers") else { continue };
            let said: Value = serde_json::from_str(&text).expect("JSON");
            if said["id"] == json!(self.sent) {
                assert!(said["error"].is_null(), "{method}: {}", said["error"]);
                return said["result"].clone();
            }
            let params = &said["params"];
            match said["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    self.requests.extend(params["request"]["url"].as_str().map(str::to_owned));
                }
                "Runtime.exceptionThrown" | "Log.entryAdded" => self.complaints.push(params.to_string()),
                _ => {}
            }
        }
    }
}

/// Where Chromium listens, once it has written that down.
fn address(profile: &Path) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let written = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = written.split_once('\n') {
            return format!("ws://127.0.0.1:{port}{}", path.trim());
        }
        assert!(Instant::now() < until, "Chromium never listened");
        std::thread::sleep(Duration::from_millis(20));
    }
}
