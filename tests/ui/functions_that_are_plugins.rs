use pacto_build::protocol::{GenerateRequest, GenerateResponse};
use pacto_build::{Builder, PluginError};

fn named(request: &GenerateRequest) -> Result<GenerateResponse, PluginError> {
    let name = request.contract["service"]["name"]
        .as_str()
        .ok_or("a service has a name")?;
    Ok(GenerateResponse::new().file("name", name).message("done"))
}

fn main() {
    let prefix = String::from("prefix");
    let _ = Builder::new().plugin("named", "1.0.0", named).plugin(
        prefix.clone(),
        env!("CARGO_PKG_VERSION"),
        move |_: &GenerateRequest| Ok(GenerateResponse::new().file("prefix", prefix.clone())),
    );
}
