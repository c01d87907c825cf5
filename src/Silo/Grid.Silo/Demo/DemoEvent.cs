using System.Text.Json;
using System.Text.Json.Serialization;

namespace Grid.Silo.Demo;

/// <summary>What the storing process tells the watching one, one line of JSON each.</summary>
/// <param name="Name">What happened, see the constants.</param>
/// <param name="Rows">Rows so far.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Checksum">The checksum of the rows acknowledged.</param>
internal sealed record DemoEvent(string Name, long Rows, double Seconds = 0, ulong Checksum = 0)
{
    public const string Importing = "importing";
    public const string Imported = "imported";
    public const string Airports = "airports";
    public const string Routes = "routes";
    public const string Acknowledged = "acknowledged";
    public const string Failed = "failed";

    /// <summary>What went wrong.</summary>
    public string? Message { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, DemoEventJson.Default.DemoEvent);

    public static DemoEvent? Parse(string line) => line.StartsWith('{') ? JsonSerializer.Deserialize(line, DemoEventJson.Default.DemoEvent) : null;
}

[JsonSerializable(typeof(DemoEvent))]
internal sealed partial class DemoEventJson : JsonSerializerContext;
