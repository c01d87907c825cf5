using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>What a damaged row is reported as.</summary>
internal static class RowError
{
    public static GridException Make(string what) =>
        new(GridErrorCode.Corrupt, $"A stored row is damaged: {what}. Delete the bucket's kv folder while it is closed; the log rebuilds it.");
}
