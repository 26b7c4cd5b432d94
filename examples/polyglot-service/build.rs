fn main() {
    pacto_build::generate();
}
