//! A Calico cluster without BIRD and without confd: real pods, real traffic, a real datastore.
//!
//! Each scene is what happens to a cluster in its life, with what its users then see. They run on `godwit node`;
//! with `GODWIT_SCENES=files` on BIRD 1.6.8 and the files that `godwit calico render` prints, which is how they were
//! found to ask for nothing that a cluster does not have today. Scenes 6, 7, 9, 10 and 12 are about what only `godwit node`
//! has, and in scene 8 a node goes from one to the other.

mod api;
mod cluster;
mod outside;
mod sessions;
mod speaker;
mod store;
mod switched;

mod scene_1_mesh;
mod scene_2_reflectors;
mod scene_3_afar;
mod scene_3_tor;
mod scene_4_services;
mod scene_5_filter;
mod scene_6_tunnels;
mod scene_7_etcd;
mod scene_8_swap;
mod scene_9_kubernetes;

mod scene_10_rollout;
mod scene_11_settings;
mod scene_12_families;
