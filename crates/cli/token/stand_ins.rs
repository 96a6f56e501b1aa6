//! EntraToken@1 with `configure: proxy`: stand-ins instead of tokens, and a proxy until the job ends.
//!
//! It never sets a variable to a token.

use std::path::PathBuf;

use adieu_agent::{Audience, EndpointId, Environment, Log, VariableName};
use adieu_stand_in::Allowed;
use adieu_transport::Transport;

use super::{BROKER, BROKER_KEY, Publish, SETTINGS};
use crate::configure;
use crate::configure::stand_in::{StandIns, names};
use crate::failure::{ConfigureProblemKind, Failure};
use crate::serve::job;
use crate::tokens::RequestedToken;

/// The variables that hide those of the agent's machine from later steps.
const OF_THE_MACHINE: [&str; 3] = ["HTTPS_PROXY", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"];

/// The settings of the step.
pub(super) struct Step {
    allowed: Allowed,
    variables: Vec<VariableName>,
}

impl Step {
    /// Checks that later steps can still reach the hosts that they could reach before.
    pub(super) fn check(
        allowed: Allowed,
        wanted: &[RequestedToken],
        is_output: bool,
        environment: &Environment,
        log: &Log,
    ) -> Result<Self, Box<Failure>> {
        let hidden = OF_THE_MACHINE
            .into_iter()
            .find(|name| environment.machine_variable(name).is_some());
        if let Some(name) = hidden {
            let reason = ConfigureProblemKind::SetByMachine(name);
            return Err(configure::of_proxy("proxy", reason).into());
        }
        if is_output {
            log.warn(
                "isOutput has no effect with configure: proxy, because a stand-in is worthless in \
                 other jobs.",
            );
        }
        let wanted = wanted.iter().map(|wanted| wanted.name.clone());
        Ok(Self {
            allowed,
            variables: wanted.collect(),
        })
    }

    /// Starts the proxy and sets the variables.
    pub(super) async fn run(
        self,
        environment: &Environment,
        connection: &EndpointId,
        tenant: Option<&str>,
        publish: &Publish<'_>,
        transport: &Transport,
    ) -> Result<(), Box<Failure>> {
        let variables = names(self.variables.iter().cloned());
        let allowed = &self.allowed;
        let starting = job::start_stand_ins(environment, connection, tenant, allowed, &variables);
        let serving = starting.await?;
        let done = self.publish(&serving, environment, publish);
        if done.is_err() {
            job::stop(&serving.stop_endpoint, &serving.stop_key, transport).await;
        }
        done
    }

    fn publish(
        &self,
        serving: &job::ServingStandIns,
        environment: &Environment,
        publish: &Publish<'_>,
    ) -> Result<(), Box<Failure>> {
        let (log, stand_ins) = (publish.log, &serving.stand_ins);
        log.set_task_variable(BROKER, &serving.stop_endpoint);
        log.set_secret_task_variable(BROKER_KEY, &log.mask(&serving.stop_key));
        let folder = environment
            .platform_variable("Agent.TempDirectory")
            .map_err(Failure::PlatformVariable)?
            .map_or_else(std::env::temp_dir, PathBuf::from);
        let roots = stand_ins.write_roots(&folder).map_err(Failure::NoBroker)?;
        let settings = stand_ins.settings(&self.allowed, &roots);
        let names = settings.iter().map(|setting| setting.name.as_str());
        let names: Vec<&str> = names.filter(|name| !StandIns::stays(name)).collect();
        log.set_task_variable(SETTINGS, &names.join(","));
        stand_ins.announce(&self.allowed, log);
        let published = configure::publish(&settings, log).and_then(|()| {
            let mut values = self.variables.iter().zip(&stand_ins.values);
            values.try_for_each(|(name, (_, value))| match publish.exposed {
                true => log.set_exposed(name, &log.mask(value)),
                false => log.set_secret(name, &log.mask(value), Audience::Job),
            })
        });
        published.map_err(Failure::TooLong)?;
        roots.keep().map_err(Failure::NoBroker)?;
        log.say("Configured until the job ends: proxy.");
        Ok(())
    }
}
