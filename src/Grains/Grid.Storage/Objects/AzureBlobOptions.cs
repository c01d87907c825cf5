using Azure.Core;
using Azure.Core.Pipeline;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>Where an object store on Azure Blobs is, and its limits. Its text form holds no secrets.</summary>
public sealed record AzureBlobOptions
{
    /// <summary>A storage account's connection string; either this or <see cref="ServiceUri"/>.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>The blob service's address, <c>https://ACCOUNT.blob.core.windows.net</c>; <see cref="Credential"/> says who asks.</summary>
    public Uri? ServiceUri { get; init; }

    /// <summary>The identity used with <see cref="ServiceUri"/>; null: <c>DefaultAzureCredential</c> (environment, managed identity, developer tools).</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>The container. The first object that is created makes it where it is missing.</summary>
    public required string Container { get; init; }

    /// <summary>Segments before all names, without '/' at its end: stores with different prefixes share a container. Empty: none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>How often a failed request is repeated, 0 to 20. The Azure client's own repeats are off.</summary>
    public int RetriesMax { get; init; } = 5;

    /// <summary>Wait before the first repeat in milliseconds, 1 to 60,000; doubled each time up to <see cref="BackoffMsMax"/>, less up to half at random.</summary>
    public int BackoffMs { get; init; } = 200;

    /// <summary>Longest wait between repeats in milliseconds, 1 to 60,000.</summary>
    public int BackoffMsMax { get; init; } = 5_000;

    /// <summary>Time for one request with its content in milliseconds, 10 to 600,000; then its outcome counts as unknown.</summary>
    public int AttemptTimeoutMs { get; init; } = 30_000;

    /// <summary>Bytes of a block of a large object, 64 KiB to 64 MiB; an object has up to 50,000. Up to this size an object is written by one request.</summary>
    public int BlockBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Blocks of one object that are sent or read at once, 1 to 64: a large upload holds this many blocks in memory.</summary>
    public int BlocksAtOnce { get; init; } = 4;

    /// <summary>Names in a page of a list, 1 to 5,000.</summary>
    public int ListPage { get; init; } = 5_000;

    /// <summary>The HTTP transport; null: the Azure client's own.</summary>
    public HttpPipelineTransport? Transport { get; init; }

    /// <summary>Where, without keys.</summary>
    public override string ToString() => $"azure:{ServiceUri?.ToString().TrimEnd('/') ?? "<connection string>"}/{Container}{(Prefix.Length == 0 ? "" : "/" + Prefix)}";

    /// <summary>Refuses what is not legal.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    internal void Require()
    {
        if (ConnectionString is null == ServiceUri is null)
            throw Illegal("Azure Blobs need either a connection string or a service address, not both and not neither. Set ConnectionString, or ServiceUri.");
        if (ServiceUri is { } uri && (uri.Scheme != Uri.UriSchemeHttps || uri.Query.Length > 0))
            throw Illegal($"'{uri.GetLeftPart(UriPartial.Path)}' is not the address of a blob service; use https://ACCOUNT.blob.core.windows.net without a query. A shared access signature goes into a connection string (SharedAccessSignature=...).");
        if (!IsContainer(Container))
            throw Illegal($"'{Container}' is not the name of a container; use 3 to 63 lower-case letters, digits and single '-', beginning and ending with a letter or digit.");
        if (Prefix.Length > 0)
            ObjectName.Require(Prefix);
        RequireRange(Prefix.Length, 0, PrefixLengthMax, "characters in a prefix");
        RequireRange(RetriesMax, 0, 20, nameof(RetriesMax));
        RequireRange(BackoffMs, 1, 60_000, nameof(BackoffMs));
        RequireRange(BackoffMsMax, 1, 60_000, nameof(BackoffMsMax));
        RequireRange(AttemptTimeoutMs, 10, 600_000, nameof(AttemptTimeoutMs));
        RequireRange(BlockBytes, 64 * 1024, 64 * 1024 * 1024, nameof(BlockBytes));
        RequireRange(BlocksAtOnce, 1, 64, nameof(BlocksAtOnce));
        RequireRange(ListPage, 1, 5_000, nameof(ListPage));
    }

    // A blob's name has up to 1,024 characters: prefix, '/', name.
    private const int PrefixLengthMax = 1_024 - 1 - ObjectName.LengthMax;

    private static bool IsContainer(string name) =>
        name.Length is >= 3 and <= 63 && name[0] != '-' && name[^1] != '-' && !name.Contains("--", StringComparison.Ordinal)
        && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-');

    private static void RequireRange(int value, int min, int max, string what)
    {
        if (value < min || value > max)
            throw Illegal($"{what} {value} is not legal for Azure Blobs; use {min} to {max}.");
    }

    private static GridException Illegal(string message) => new(GridErrorCode.InvalidArgument, message);
}
