// Uses azidentity, or the authorizer of HashiCorp's Terraform providers, as other programs do: for each line of its
// input, it prints a token. The argument is the credential's name. A line such as +3600 advances its time by an hour.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	_ "unsafe"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/hashicorp/go-azure-sdk/sdk/auth"
	"github.com/hashicorp/go-azure-sdk/sdk/environments"
)

// ahead is the number of seconds by which this program's time is ahead of the machine's. The command that builds it adds
// this variable to package time: Go gets the time from the kernel, so libfaketime cannot change it.
//
//go:linkname ahead time.ahead
var ahead int64

// credential creates the SDK's credential with this name from the environment.
func credential(name string) (azcore.TokenCredential, error) {
	switch name {
	case "ManagedIdentityCredential":
		return azidentity.NewManagedIdentityCredential(nil)
	case "DefaultAzureCredential":
		return azidentity.NewDefaultAzureCredential(nil)
	case "AzurePipelinesCredential":
		return azidentity.NewAzurePipelinesCredential(
			os.Getenv("AZURESUBSCRIPTION_TENANT_ID"),
			os.Getenv("AZURESUBSCRIPTION_CLIENT_ID"),
			os.Getenv("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"),
			os.Getenv("SYSTEM_ACCESSTOKEN"),
			nil,
		)
	}
	return nil, fmt.Errorf("there is no credential %s", name)
}

// terraform signs in as the providers do with the settings of `configure: terraform`.
func terraform(ctx context.Context, scope string) (string, error) {
	if os.Getenv("ARM_USE_OIDC") != "true" {
		return "", fmt.Errorf("ARM_USE_OIDC is not true")
	}
	cloud := environments.AzurePublic()
	api := environments.NewApiEndpoint("AzureDevOps", "https://dev.azure.com", nil).
		WithResourceIdentifier(strings.TrimSuffix(scope, "/.default"))
	authorizer, err := auth.NewADOPipelineOIDCAuthorizer(ctx, auth.ADOPipelineOIDCAuthorizerOptions{
		Environment:         *cloud,
		Api:                 api,
		TenantId:            os.Getenv("ARM_TENANT_ID"),
		ClientId:            os.Getenv("ARM_CLIENT_ID"),
		ServiceConnectionId: os.Getenv("ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID"),
		IdTokenRequestToken: os.Getenv("ARM_OIDC_REQUEST_TOKEN"),
		IdTokenRequestUrl:   os.Getenv("ARM_OIDC_REQUEST_URL"),
	})
	if err != nil {
		return "", err
	}
	token, err := authorizer.Token(ctx, nil)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func main() {
	ctx := context.Background()
	name := os.Args[1]
	ask := func(scope string) (string, error) { return terraform(ctx, scope) }
	if name != "ADOPipelineOIDCAuthorizer" {
		known, err := credential(name)
		if err != nil {
			fmt.Println("error:", err)
			return
		}
		ask = func(scope string) (string, error) {
			token, err := known.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
			return token.Token, err
		}
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "+") {
			seconds, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				panic(err)
			}
			ahead += seconds
			continue
		}
		token, err := ask(lines.Text())
		if err != nil {
			fmt.Println("error:", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Println(token)
	}
}
