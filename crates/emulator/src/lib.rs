//! A strict imitation of Azure DevOps, Microsoft Entra and the Pipelines agent, only on this machine.
//!
//! It follows the platform's documents and sources and shares no code with the client: a field misspelled on both
//! sides would pass every test. It never ships in a task.
//!
//! ```no_run
//! use adieu_emulator::World;
//! let world = World::start();
//! let mut job = world.job();
//! let outcome = job
//!     .step("unpacked/task".as_ref())
//!     .input("azureSubscription", "my-connection")
//!     .run();
//! assert_eq!(outcome.log, "what the run's page shows");
//! ```

mod agent;
mod azure_devops;
mod certificates;
mod clock;
mod directory;
mod entra;
mod fault;
mod feeds;
mod git;
mod github;
mod gitlab;
mod hosts;
mod http;
mod ids;
mod issued;
mod jwt;
mod key_vault;
mod ledger;
mod managed_identity;
mod marketplace;
mod microsoft_graph;
mod organizations;
mod other_hosts;
pub mod pipeline;
mod playground;
mod proxy;
mod relay;
mod resource_manager;
mod service;
mod shared_state;
mod vss;
mod world;

pub use agent::{Job, Outcome, RunningStep, Step, TaskResult, Variable};
pub use azure_devops::{AzureDevOps, Connection};
pub use certificates::CertificateParts;
pub use clock::Clock;
pub use directory::{Issuer, TokenFlaw};
pub use entra::Entra;
pub use fault::{Fault, MakeBytes};
pub use feeds::{Feeds, Role};
pub use git::Git;
pub use github::{GITHUB_ISSUER, GitHub, WorkflowJob};
pub use gitlab::{GITLAB_ISSUER, GitLabJob};
pub use http::{Answer, Request};
pub use managed_identity::{ExpiresOn, IdentityRefusal, ManagedIdentity};
pub use marketplace::{Delivery, Extension, Marketplace, Validation};
pub use microsoft_graph::MicrosoftGraph;
pub use organizations::{Organizations, Pat, Resource};
pub use other_hosts::OtherHosts;
pub use playground::Playground;
pub use proxy::Proxy;
pub use service::{Arrival, Service};
pub use shared_state::EmulatedService;
pub use world::{MY_CONNECTION, World};
