//! Generates what `[package.metadata.pacto]` asks for, with plugins that need no installation.

use pacto_build::Builder;

fn main() {
    Builder::new()
        .plugin(
            "pacto-plugin-constants",
            pacto_plugin_constants::VERSION,
            pacto_plugin_constants::generate,
        )
        .plugin(
            "pacto-plugin-handbook",
            pacto_plugin_handbook::VERSION,
            pacto_plugin_handbook::generate,
        )
        .plugin(
            "pacto-plugin-manifests",
            pacto_plugin_manifests::VERSION,
            pacto_plugin_manifests::generate,
        )
        .generate();
}
