using System.CommandLine;
using Grid.Silo.Cli;
using Grid.Silo.Serving;

namespace Grid.Silo.Commands;

/// <summary><c>grid serve</c>: a node for other processes.</summary>
internal static class ServeCommand
{
    public static Command Build(CliConsole console)
    {
        var data = Text("--data", $"The node's data directory. Default: Grid:DataDirectory, ${TargetOptions.DataVariable}.", "DIR");
        var urls = Text("--urls", $"HTTP addresses for /health/live, /health/ready and the Iceberg REST catalog of the lake tables. Default: {ServeOptions.UrlsDefault}.", "URL");
        var listen = Text("--listen", "The address for clients and silos; 0.0.0.0: all networks. Default: 127.0.0.1.", "ADDRESS");
        var advertise = Text("--advertise", "The address by which others reach this node. Default: --listen, or the machine's first.", "ADDRESS");
        var siloPort = Text("--silo-port", $"The port between silos. Default: {ServeOptions.SiloPortDefault}.", "PORT");
        var gatewayPort = Text("--gateway-port", $"The port for clients. Default: {Client.GridCluster.GatewayPort}.", "PORT");
        var dataPort = Text("--data-port", "The port for bulk reads; 0: none. Default: any that is free.", "PORT");
        var cluster = Text("--cluster", "The object store that all nodes of a cluster share: a directory, or azure:... (docs/operations.md). The node joins the cluster that meets there. Default: a node on its own.", "LOCATION");
        var lake = Text("--lake", "The warehouse of tables with a lake: a directory, or azure:...; nodes of one cluster share it. Default: beside --cluster, its name with -lake; on its own, lake in the data directory.", "LOCATION");
        var node = Text("--node", "The node's name in the cluster, stable over restarts: the data directory belongs to it. Default: the machine's name.", "NAME");
        var zone = Text("--zone", "Where the node stands (a rack, a zone); replicas are spread over zones.", "NAME");
        var tlsCertificate = Text("--tls-cert", "Require TLS of clients and other nodes; the node's certificate (PEM or PKCS#12). It may be replaced while the node runs.", "FILE");
        var tlsKey = Text("--tls-key", "Its private key (PEM). Default: in --tls-cert. A password is the setting Grid:Tls:Password.", "FILE");
        var tlsCa = Text("--tls-ca", "The certificates (PEM) of the CAs that peers' certificates come from.", "FILE");
        var tlsRequireClientCertificate = new Option<bool>("--tls-require-client-cert") { Description = "Refuse clients without a certificate from --tls-ca; other nodes always need one." };
        var config = Text("--config", "A JSON file with settings, beside appsettings.json.", "FILE");
        var set = new Option<string[]>("--set") { Description = "Any setting of the configuration, for example Grid:Flush=Os.", HelpName = "NAME=VALUE" };
        var withParent = new Option<bool>("--with-parent") { Description = "Stop when the standard input ends.", Hidden = true };
        var command = new GridCommand(console, "serve",
            "Serve a data directory. Settings come from appsettings.json, the environment (GRID__DATADIRECTORY) and these options; SIGTERM flushes and stops.",
            "grid serve --data DIR --urls http://127.0.0.1:8080\ngrid table list --connect 127.0.0.1:30000")
        {
            data, urls, listen, advertise, siloPort, gatewayPort, dataPort, cluster, lake, node, zone, tlsCertificate, tlsKey, tlsCa, tlsRequireClientCertificate, config, set, withParent,
        };
        command.SetAction(async (parsed, output, cancellationToken) =>
        {
            var settings = new Dictionary<string, string?>();
            foreach (var pair in parsed.GetValue(set) ?? [])
            {
                if (pair.Split('=', 2) is not [{ Length: > 0 } name, var value])
                    throw new UsageException($"--set is '{pair}'; write NAME=VALUE, for example Grid:Flush=Os.");
                settings[name] = value;
            }

            Set(settings, "DataDirectory", parsed.GetValue(data) ?? console.Environment(TargetOptions.DataVariable));
            Set(settings, "Urls", parsed.GetValue(urls));
            Set(settings, "Listen", parsed.GetValue(listen));
            Set(settings, "Advertise", parsed.GetValue(advertise));
            Set(settings, "SiloPort", parsed.GetValue(siloPort));
            Set(settings, "GatewayPort", parsed.GetValue(gatewayPort));
            Set(settings, "DataPort", parsed.GetValue(dataPort));
            Set(settings, "Cluster", parsed.GetValue(cluster));
            Set(settings, "Lake", parsed.GetValue(lake));
            Set(settings, "Node", parsed.GetValue(node));
            Set(settings, "Zone", parsed.GetValue(zone));
            Set(settings, "Tls:CertificateFile", parsed.GetValue(tlsCertificate));
            Set(settings, "Tls:KeyFile", parsed.GetValue(tlsKey));
            Set(settings, "Tls:CaFile", parsed.GetValue(tlsCa));
            if (parsed.GetValue(tlsRequireClientCertificate))
                Set(settings, "Tls:RequireClientCertificate", bool.TrueString);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (parsed.GetValue(withParent))
                Parent.StopWith(console, stop);
            await ServeAsync(output, settings, parsed.GetValue(config), stop.Token).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task ServeAsync(CommandOutput output, Dictionary<string, string?> settings, string? configurationFile, CancellationToken cancellationToken)
    {
        var server = await GridServer.StartAsync(settings, configurationFile, cancellationToken).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            Ready(output, server);
            await server.WaitAsync(cancellationToken).ConfigureAwait(false);
            output.Note("Stopping: flushing and closing.");
        }

        output.Note("Stopped.");
    }

    private static void Ready(CommandOutput output, GridServer server)
    {
        var gateway = $"{server.Options.AdvertiseAddress}:{server.Options.GatewayPort}";
        if (!output.Json)
        {
            output.Note($"Grid serves {server.DataDirectory}: clients at {gateway}, health at {string.Join(", ", server.Urls)}/health/ready{(server.Options.HasIceberg ? $", Iceberg catalog at {string.Join(", ", server.Urls)}" : "")}. Ctrl+C stops it.");
            return;
        }

        output.JsonObject(json =>
        {
            json.WriteBoolean("ready", true);
            json.WriteString("data", server.DataDirectory);
            json.WriteString("gateway", gateway);
            json.WriteStartArray("urls");
            foreach (var url in server.Urls)
                json.WriteStringValue(url);
            json.WriteEndArray();
        });
        output.Console.Out.Flush();
    }

    private static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    private static void Set(Dictionary<string, string?> settings, string name, string? value)
    {
        if (!string.IsNullOrWhiteSpace(value))
            settings[$"{GridSiloOptions.Section}:{name}"] = value;
    }
}
