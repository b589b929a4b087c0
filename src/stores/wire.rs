//! The way of every question to a store: the crate's own client, and a condition that it leaves out.
//!
//! A multipart upload becomes an object when it is completed, and that may be made to fail where there is one (S3,
//! CompleteMultipartUpload, If-None-Match). The crate asks for it only where it copies, so it is added here. The header is
//! none of those that are signed.

use async_trait::async_trait;
use http::header::IF_NONE_MATCH;
use http::{HeaderValue, Method};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, Result};

/// Makes clients whose multipart uploads to S3 write over nothing.
#[derive(Debug)]
pub(super) struct CreateOnly;

impl HttpConnector for CreateOnly {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Client(ReqwestConnector::default().connect(options)?)))
    }
}

#[derive(Debug)]
struct Client(HttpClient);

#[async_trait]
impl HttpService for Client {
    async fn call(&self, mut request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        if completes(&request) {
            request.headers_mut().insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        self.0.execute(request).await
    }
}

/// Whether it makes an object of parts: a POST with their upload's id and nothing else.
fn completes(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    *request.method() == Method::POST && query.starts_with("uploadId=") && !query.contains('&')
}
