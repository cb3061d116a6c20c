//! An argument that no test gets. (The attribute writes a test, which is not there in a build like this one.)

fn take<'d, A: ambix::testkit::TestArgument<'d>>() {}

fn main() {
    take::<String>();
}
