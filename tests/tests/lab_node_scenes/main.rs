//! A Calico cluster without BIRD and without confd: real pods, real traffic, a real datastore.
//!
//! Each scene is what happens to a cluster in its life, with what its users then see. They run on `godwit node`;
//! with `GODWIT_SCENES=files` on BIRD 1.6.8 and the files that `godwit calico render` prints, which is how they were
//! found to ask for nothing that a cluster does not have today.

mod cluster;
mod etcd;
mod flow;
mod machine;
mod sessions;
mod speaker;
mod store;

mod scene_1_mesh;
mod scene_2_reflectors;
