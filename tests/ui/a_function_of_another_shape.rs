use pacto_build::Builder;
use pacto_build::protocol::GenerateResponse;

fn named(request: &str) -> GenerateResponse {
    GenerateResponse::new().file("name", request)
}

fn main() {
    let _ = Builder::new().plugin("named", "1.0.0", named);
}
