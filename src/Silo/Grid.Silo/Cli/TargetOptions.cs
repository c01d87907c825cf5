using System.CommandLine;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Cli;

/// <summary>Where a command works: on a directory (<c>--data</c>) or on a running grid (<c>--connect</c>); by default what the environment says.</summary>
internal sealed class TargetOptions
{
    public const string DataVariable = "GRID_DATA";
    public const string ConnectVariable = "GRID_CONNECT";

    private readonly CliConsole _console;
    private readonly TlsOptions _tls;
    private readonly Option<string?> _data = new("--data")
    {
        Description = $"Work on a data directory that no other process has open, without a server. Default: ${DataVariable}.",
        HelpName = "DIR",
    };

    private readonly Option<string?> _connect = new("--connect")
    {
        Description = $"Work on the running grid that takes clients there, for example 127.0.0.1:30000. Default: ${ConnectVariable}.",
        HelpName = "HOST:PORT",
    };

    public TargetOptions(CliConsole console, Command command)
    {
        _console = console;
        command.Add(_data);
        command.Add(_connect);
        _tls = new TlsOptions(console, command);
    }

    /// <summary>Opens the directory or the connection; the caller disposes it.</summary>
    public async Task<GridSession> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (data, connect) = (parsed.GetValue(_data), parsed.GetValue(_connect));
        if (data is not null && connect is not null)
            throw new UsageException("--data and --connect exclude each other: name a directory or a running grid.");
        // What is said on the command line wins over the environment as a whole.
        if (data is null && connect is null)
        {
            data = NonEmpty(_console.Environment(DataVariable));
            connect = NonEmpty(_console.Environment(ConnectVariable));
            if (data is not null && connect is not null)
                throw new UsageException($"{DataVariable} and {ConnectVariable} are both set; unset one, or say --data DIR or --connect HOST:PORT.");
        }

        if (data is not null && _tls.IsSaid(parsed))
            throw new UsageException("--tls-... is for connections, and --data makes none; say --connect HOST:PORT.");
        if (data is not null)
            return new GridSession(await GridHost.StartAsync(new GridHostOptions { DataDirectory = data }, cancellationToken).ConfigureAwait(false));
        if (connect is not null)
            return new GridSession(await GridClient.ConnectAsync(connect, new GridClientOptions { Tls = _tls.Of(parsed) }, cancellationToken).ConfigureAwait(false));
        throw new UsageException($"Say where: --data DIR for a directory, --connect HOST:PORT for a running grid, or set {DataVariable} or {ConnectVariable}.");
    }

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
