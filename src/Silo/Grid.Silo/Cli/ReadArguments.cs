using System.CommandLine;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Silo.Cli;

/// <summary>What the reading commands have in common: columns, filter, limit, from.</summary>
internal sealed class ReadArguments
{
    private readonly Option<string?> _columns = new("--columns") { Description = "Only these columns, in this order; the others are not read.", HelpName = "A,B" };
    private readonly Option<string?> _filter = new("--filter") { Description = "Only rows that match, for example \"delay > 60 and origin = 'SFO'\".", HelpName = "CONDITION" };
    private readonly Option<long?> _limit = new("--limit") { Description = "Stop after this many rows.", HelpName = "N" };
    private readonly Option<string?> _from;

    public ReadArguments(Command command, string fromDefault)
    {
        _from = new Option<string?>("--from")
        {
            Description = $"Begin at: earliest, latest, an offset (12345) or a commit time (2026-01-31T13:45:00Z). Default: {fromDefault}.",
            HelpName = "PLACE",
        };
        command.Add(_columns);
        command.Add(_filter);
        command.Add(_limit);
        command.Add(_from);
        _limit.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!long.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1))
                result.AddError($"--limit is '{token.Value}'; it must be a whole number, 1 or more.");
        });
    }

    public string[]? Columns(ParseResult parsed) => ColumnArguments.Names(parsed.GetValue(_columns));

    public string? Filter(ParseResult parsed) => parsed.GetValue(_filter);

    public long? Limit(ParseResult parsed) => parsed.GetValue(_limit);

    /// <summary>Where to begin; null: not said.</summary>
    public ScanStart? From(ParseResult parsed) => parsed.GetValue(_from) switch
    {
        null => null,
        "earliest" => ScanStart.Earliest,
        "latest" => ScanStart.Latest,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) => ScanStart.AtOffset(new LogOffset(offset)),
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) =>
            ScanStart.AtTimestamp(time),
        var text => throw new UsageException($"--from is '{text}'; write earliest, latest, an offset such as 12345, or a time such as 2026-01-31T13:45:00Z."),
    };
}
