//! EntraToken@1 with `configure: proxy`: stand-ins instead of tokens, and a proxy until the job ends.
//!
//! It never sets a variable to a token.

use adieu_agent::{Audience, EndpointId, Environment, Log, VariableName, process_path};
use adieu_configure::{Roots, check_machine, names_to_empty, stand_in_settings};
use adieu_stand_in::AllowList;
use adieu_transport::Transport;

use super::{BROKER, BROKER_KEY, Publish, SETTINGS};
use crate::configure;
use crate::failure::Failure;
use crate::serve::job;
use crate::tokens::RequestedToken;

/// The settings of the step.
pub(super) struct Step {
    allowed: AllowList,
    variables: Vec<VariableName>,
}

impl Step {
    /// Checks that later steps can still reach the hosts that they could reach before.
    pub(super) fn check(
        allowed: AllowList,
        wanted: &[RequestedToken],
        is_output: bool,
        environment: &Environment,
        log: &Log,
    ) -> Result<Self, Box<Failure>> {
        let is_of_the_machine = |name: &str| environment.machine_variable(name).is_some();
        check_machine(is_of_the_machine).map_err(Failure::Configure)?;
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
        let variables = configure::environment_names(self.variables.iter().cloned());
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
        let folder = environment.temporary_folder();
        let folder = folder.map_err(Failure::PlatformVariable)?;
        let roots = Roots::write(stand_ins, &folder, process_path);
        let roots = roots.map_err(Failure::NoBroker)?;
        let settings = stand_in_settings(stand_ins, &self.allowed, &roots, process_path);
        log.set_task_variable(SETTINGS, &names_to_empty(&settings));
        configure::announce(stand_ins, &self.allowed, log);
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
