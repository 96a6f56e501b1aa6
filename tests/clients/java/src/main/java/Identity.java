// Uses azure-identity as other programs do: for each line of its input, it prints a token. The argument is the
// credential's name.

import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.AzurePipelinesCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;

public final class Identity {
    private static TokenCredential credential(String name) {
        return switch (name) {
            case "ManagedIdentityCredential" -> new ManagedIdentityCredentialBuilder().build();
            case "DefaultAzureCredential" -> new DefaultAzureCredentialBuilder().build();
            case "AzurePipelinesCredential" -> new AzurePipelinesCredentialBuilder()
                .tenantId(System.getenv("AZURESUBSCRIPTION_TENANT_ID"))
                .clientId(System.getenv("AZURESUBSCRIPTION_CLIENT_ID"))
                .serviceConnectionId(System.getenv("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"))
                .systemAccessToken(System.getenv("SYSTEM_ACCESSTOKEN"))
                .build();
            default -> throw new IllegalArgumentException("there is no credential " + name);
        };
    }

    public static void main(String[] arguments) throws Exception {
        TokenCredential credential = credential(arguments[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String scope = lines.readLine(); scope != null; scope = lines.readLine()) {
            try {
                System.out.println(credential.getTokenSync(new TokenRequestContext().addScopes(scope)).getToken());
            } catch (RuntimeException error) {
                System.out.println("error: " + String.valueOf(error.getMessage()).replace('\n', ' '));
            }
        }
        // The SDK's threads would keep the program alive for a while.
        System.exit(0);
    }
}
