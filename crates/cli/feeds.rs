//! FeedAuthenticate@1: credentials for Azure Artifacts feeds, for every package client of the job, until it ends.
//!
//! It changes no file of the checkout or the user, and puts no token into a variable.

pub(crate) mod check;
pub(crate) mod command;
mod containers;
mod endpoint;
pub(crate) mod exec;
pub(crate) mod helper;
pub(crate) mod keeper;
pub(crate) mod local;
mod login;
mod notices;
mod page;
mod request;
mod source;

use std::env;
use std::path::{Path, PathBuf};

use adieu_agent::{Audience, EndpointId, Environment, Log, VariableName, process_variables};
use adieu_devops::{Hosts, Organization, Tenant};
use adieu_feeds::{
    FOLDER_PREFIX, Folder, NoFolder, Plan, Reading, Request, Tool, Variables, add_outside, create,
    earlier_values, plan, programs, read, read_variables, remove, restore_project_files, take_out,
    variables,
};
use adieu_identity::resource;
use adieu_order::Map;
use adieu_secret::EndpointSecret;
use adieu_transport::{Transport, at_once};
use serde_json::Value;

use crate::connection;
use crate::failure::{Failure, FeedsProblem};
use crate::inputs::feeds::Inputs;
use crate::network;
use crate::organization;
use crate::platform;
use crate::report::Report;
use crate::reporter::Quiet;
use crate::serve::job;
use notices::{report, report_taken_out, warn_of, warn_of_changed, warn_of_stale};

/// The names under which the post-job section finds what this one created.
const FOLDER: &str = "ADIEU_FEEDS";
const BROKER: &str = "ADIEU_FEEDS_BROKER";
const BROKER_KEY: &str = "ADIEU_FEEDS_BROKER_KEY";
const EARLIER_VALUES: &str = "ADIEU_FEEDS_SETTINGS";

/// The position of feeds that the input declares.
const INPUT: &str = "input feeds";

/// Runs the task.
pub(crate) async fn run(environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    let inputs = Inputs::read(environment).map_err(Failure::Input)?;
    let root = root(environment, inputs.working_directory.as_deref())?;
    let variable = |name: &str| environment.variable(name).map(str::to_owned);
    let reading = declared(&root, &variable);
    let lines = inputs.feeds.as_deref().unwrap_or_default();
    let words = inputs.tools.as_deref().unwrap_or_default();
    let chosen = request::choose(&reading, (INPUT, lines), words, &Tool::ALL);
    let mut request = chosen?;
    let containers = inputs.container_registries.as_deref().unwrap_or_default();
    let containers = request::registries(containers)?;
    if request.served.is_empty() && request.unserved.is_empty() && containers.is_empty() {
        return Err(FeedsProblem::NoneFound {
            folder: root.display().to_string(),
            is_incomplete: reading.is_incomplete,
        }
        .into());
    }
    let connection = match (
        inputs.azure_dev_ops_service_connection,
        inputs.connected_service,
    ) {
        (None, None) => None,
        (azure_devops, azure_rm) => Some(connection::named(azure_devops, azure_rm)?),
    };
    let connection = connection.as_ref();
    if connection.is_none() && !containers.is_empty() {
        return Err(FeedsProblem::NoConnection.into());
    }
    if connection.is_none() {
        of_own_organization(&mut request, environment, log)?;
    }
    if inputs.publish {
        request.add_publishing();
    }
    warn_of(&request, &reading, log);
    if !inputs.override_project_files {
        for one in &reading.stale {
            warn_of_stale(one, log);
        }
    }
    let transport = network::transport(environment, log)?;
    let organizations = match (connection, inputs.tenant_id) {
        (None, _) => all(&request, None),
        (Some(_), Some(tenant)) => all(&request, Some(tenant)),
        (Some(_), None) => tenants(&request, &transport).await?,
    };
    let mut plan = plan(organizations, &request, &variable);
    let above = environment.platform_variable("Agent.BuildDirectory");
    let above = above.ok().flatten().map(Path::new);
    add_outside(&mut plan, &request, (&root, above), &variable);
    if !containers.is_empty() {
        let user = variable("DOCKER_CONFIG").map(PathBuf::from);
        let home = || env::home_dir().unwrap_or_default().join(".docker");
        plan.docker = Some(user.unwrap_or_else(home));
        plan.containers = containers;
    }
    let folder = make(environment, &plan, &request)?;
    log.set_task_variable(FOLDER, &folder.path().display().to_string());
    let serving = match start(environment, connection, &plan, &folder, &transport, log).await {
        Ok(serving) => serving,
        Err(failure) => {
            remove(&folder, &plan);
            return Err(failure);
        }
    };
    log.set_task_variable(BROKER, &serving.stop_endpoint);
    log.set_secret_task_variable(BROKER_KEY, &log.mask(&serving.stop_key));
    let variables = variables(&plan, &request, &folder, &variable);
    log.set_task_variable(EARLIER_VALUES, &earlier_values(&variables, &variable));
    if !programs(&request, &plan).is_empty() {
        log.prepend_path(&folder.programs());
    }
    for (name, value) in &variables {
        set(name, value, log)?;
    }
    if inputs.override_project_files {
        report_taken_out(take_out(&root, &reading.stale, &folder), log);
    }
    containers::report(&plan, &folder, log).await;
    report(&request, &plan, connection, serving.expires_on, log);
    if inputs.publish {
        check::warn_of_publishing(&request, &plan, &folder, &transport, log).await;
    }
    page::write(&request, &plan, environment, log);
    Ok(())
}

/// Runs the post-job section: stops the broker and removes the private folder.
pub(crate) async fn finish(environment: &Environment, log: &Log) -> Result<(), Box<Failure>> {
    let Some(folder) = environment.task_variable(FOLDER) else {
        log.debug("This step did not create any files.");
        return Ok(());
    };
    // An agent never removes a variable, so one that did not exist becomes empty.
    let earlier = environment
        .task_variable(EARLIER_VALUES)
        .unwrap_or_default();
    let earlier: Value = serde_json::from_str(earlier).unwrap_or_default();
    for (name, value) in earlier.as_object().into_iter().flatten() {
        set(name, value.as_str().unwrap_or_default(), log)?;
    }
    let folder = Folder::existing(Path::new(folder));
    if let Some(folder) = &folder {
        warn_of_changed(restore_project_files(folder), log);
    }
    if let (Some(endpoint), Some(key)) = (
        environment.task_variable(BROKER),
        environment.task_variable(BROKER_KEY),
    ) {
        let key = EndpointSecret::new(key.to_owned());
        let transport = network::transport(environment, &Quiet)?;
        if job::stop(endpoint, &key, &transport).await.is_none() {
            log.warn(
                "The job's credential endpoint for feeds does not answer. It may have ended \
                 before the job.",
            );
        }
    }
    if let Some(folder) = &folder {
        remove(folder, &Plan::read(folder.path()).unwrap_or_default());
    }
    log.say("The credentials for feeds are removed.");
    Ok(())
}

/// Sets a variable of a client for later steps.
fn set(name: &str, value: &str, log: &Log) -> Result<(), Box<Failure>> {
    // No client has a variable with another name.
    if let Ok(name) = VariableName::parse(name) {
        log.set_variable(&name, value, Audience::Job)
            .map_err(Failure::TooLong)?;
    }
    Ok(())
}

/// The folder to read: the step's, or else the sources.
fn root(environment: &Environment, input: Option<&str>) -> Result<PathBuf, Box<Failure>> {
    let platform = |name| {
        let value = environment.platform_variable(name).ok().flatten();
        value.map(PathBuf::from)
    };
    let sources = ["Build.SourcesDirectory", "System.DefaultWorkingDirectory"]
        .into_iter()
        .find_map(platform);
    let sources = match sources {
        Some(sources) => sources,
        None => env::current_dir().unwrap_or_default(),
    };
    let root = input.map_or(sources.clone(), |input| sources.join(input));
    match root.is_dir() {
        true => Ok(root),
        false => Err(FeedsProblem::NoFolder(root.display().to_string()).into()),
    }
}

/// The declarations in the files, and in the variables that clients read.
fn declared(root: &Path, variable: Variables<'_>) -> Reading {
    let mut reading = read(root);
    // A value that is not Unicode names no feed.
    let names = process_variables().filter_map(|(name, _)| name.into_string().ok());
    let variables: Vec<(String, String)> = names
        .filter_map(|name| {
            let value = variable(&name)?;
            Some((name, value))
        })
        .collect();
    let variables = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let of_variables = read_variables(variables);
    reading.declarations.extend(of_variables.declarations);
    reading.nearly.extend(of_variables.nearly);
    reading.stale.extend(of_variables.stale);
    reading
}

/// Keeps only feeds of the pipeline's organization, for which the job token is valid.
fn of_own_organization(
    request: &mut Request,
    environment: &Environment,
    log: &Log,
) -> Result<(), Box<Failure>> {
    let job = environment.job().map_err(Failure::PlatformVariable)?;
    if environment.job_token().is_none() {
        return Err(FeedsProblem::NoJobToken.into());
    }
    let own = Hosts::public().organization(&job.collection);
    let own = own.map_err(|_| FeedsProblem::NoService(job.collection))?;
    let others = request.only_of(&own.name);
    let places = others
        .iter()
        .map(|one| format!("{} ({})", one.address, one.position()));
    if request.served.is_empty() && !others.is_empty() {
        return Err(FeedsProblem::OtherOrganization {
            own: own.name,
            places: places.collect(),
        }
        .into());
    }
    for place in places {
        log.warn(&format!(
            "{place} is not in the organization {} and gets no credential. Set \
             azureDevOpsServiceConnection or azureSubscription.",
            own.name
        ));
    }
    Ok(())
}

fn all(request: &Request, tenant: Option<String>) -> Map<String, Option<String>> {
    let mut all = Map::new();
    for name in request.organizations() {
        all.insert(name.to_owned(), tenant.clone());
    }
    all
}

/// Each organization's tenant, which the organization shows to everyone.
async fn tenants(
    request: &Request,
    transport: &Transport,
) -> Result<Map<String, Option<String>>, Box<Failure>> {
    let organizations = request.organizations().into_iter();
    let asked = organizations.map(|name| async move {
        let organization = organization::named(&Hosts::public(), name)?;
        let tenant = tenant_of(&organization, transport).await?;
        Ok::<_, Box<Failure>>((name.to_owned(), tenant))
    });
    let mut tenants = Map::new();
    for answer in at_once(asked).await {
        let (organization, tenant) = answer?;
        tenants.insert(organization, tenant);
    }
    Ok(tenants)
}

async fn tenant_of(
    organization: &Organization,
    transport: &Transport,
) -> Result<Option<String>, Box<Failure>> {
    let name = organization.name.clone();
    match organization.tenant(transport).await {
        Ok(Tenant::Entra(tenant)) => Ok(Some(tenant)),
        Ok(Tenant::MicrosoftAccounts) => Err(FeedsProblem::MicrosoftAccounts(name).into()),
        Err(error) => Err(Failure::NoTenant {
            organization: name,
            error,
        }
        .into()),
    }
}

fn make(environment: &Environment, plan: &Plan, request: &Request) -> Result<Folder, Box<Failure>> {
    let place = environment.temporary_folder();
    make_in(&place.map_err(Failure::PlatformVariable)?, plan, request)
}

fn make_in(place: &Path, plan: &Plan, request: &Request) -> Result<Folder, Box<Failure>> {
    let created = platform::private_folder(FOLDER_PREFIX, place)
        .map_err(NoFolder::NotWritten)
        .and_then(|folder| create(folder, plan, request, platform::can_run));
    created.map_err(|problem| {
        match problem {
            NoFolder::NoPrograms => FeedsProblem::NoPrograms(place.display().to_string()),
            NoFolder::NotWritten(error) => FeedsProblem::NotWritten(error),
        }
        .into()
    })
}

/// Starts the background process for the feeds. If it gets no token, this process tries again, to report the full
/// reason.
async fn start(
    environment: &Environment,
    connection: Option<&EndpointId>,
    plan: &Plan,
    folder: &Folder,
    transport: &Transport,
    log: &Log,
) -> Result<job::ServingFeeds, Box<Failure>> {
    let first = job::start_for_feeds(environment, connection, folder.path()).await;
    let (Err(failure), Some(id)) = (&first, connection) else {
        return first;
    };
    log.debug(&format!(
        "The process behind the feeds ended: {}",
        Report::sentence_of(failure)
    ));
    for tenant in plan.tenants() {
        let connection = connection::read(environment, id, tenant.map(str::to_owned))?;
        let scope = resource::azure_devops();
        let tokens = connection::tokens(&connection, &[scope], transport, log).await;
        connection::one(&connection, tokens)?;
    }
    // The failure was transient.
    job::start_for_feeds(environment, connection, folder.path()).await
}
