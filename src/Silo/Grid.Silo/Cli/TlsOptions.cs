using System.CommandLine;
using Grid.Client;

namespace Grid.Silo.Cli;

/// <summary>How a command's connection is protected: <c>--tls-…</c>, by default what the environment says. Nothing said means plain.</summary>
internal sealed class TlsOptions
{
    public const string CaVariable = "GRID_TLS_CA";
    public const string CertificateVariable = "GRID_TLS_CERT";
    public const string KeyVariable = "GRID_TLS_KEY";
    public const string PasswordVariable = "GRID_TLS_PASSWORD";
    public const string HostVariable = "GRID_TLS_HOST";

    private readonly CliConsole _console;
    private readonly Option<string?> _ca = Text("--tls-ca", $"Connect by TLS, to a node whose certificate comes from the CA in this file (PEM). Default: ${CaVariable}.", "FILE");
    private readonly Option<string?> _certificate = Text("--tls-cert", $"Our certificate, where the node asks for one (PEM or PKCS#12). Default: ${CertificateVariable}.", "FILE");
    private readonly Option<string?> _key = Text("--tls-key", $"Its private key (PEM); a password is in ${PasswordVariable}. Default: ${KeyVariable}, or in --tls-cert.", "FILE");
    private readonly Option<string?> _host = Text("--tls-host", $"The name that the node's certificate carries. Default: ${HostVariable}, or the host of --connect.", "NAME");

    public TlsOptions(CliConsole console, Command command)
    {
        _console = console;
        command.Add(_ca);
        command.Add(_certificate);
        command.Add(_key);
        command.Add(_host);
    }

    /// <summary>What was said; null: the connection is plain.</summary>
    public GridTlsOptions? Of(ParseResult parsed)
    {
        var tls = new GridTlsOptions
        {
            CaFile = Value(parsed, _ca, CaVariable),
            CertificateFile = Value(parsed, _certificate, CertificateVariable),
            KeyFile = Value(parsed, _key, KeyVariable),
            ExpectedHost = Value(parsed, _host, HostVariable),
        };
        return tls == new GridTlsOptions() ? null : tls with { Password = NonEmpty(_console.Environment(PasswordVariable)) };
    }

    /// <summary>Whether the command line itself says something of TLS.</summary>
    public bool IsSaid(ParseResult parsed) =>
        parsed.GetValue(_ca) is not null || parsed.GetValue(_certificate) is not null || parsed.GetValue(_key) is not null || parsed.GetValue(_host) is not null;

    private string? Value(ParseResult parsed, Option<string?> option, string variable) => parsed.GetValue(option) ?? NonEmpty(_console.Environment(variable));

    private static Option<string?> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName };

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
