using Azure.Storage.Blobs;
using Grid.Abstractions;

namespace Grid.Storage.Objects;

/// <summary>
/// Where an object store is, as one line of a configuration:
/// <code>
/// dir:PATH, or PATH                                                 a directory
/// azure:https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX]    Azure Blobs as the identity the process has (DefaultAzureCredential)
/// azure:CONNECTION STRING[;Container=NAME][;Prefix=PREFIX]          Azure Blobs with a key; UseDevelopmentStorage=true is the emulator
/// </code>
/// </summary>
public sealed record ObjectStoreLocation
{
    private const string DirectoryScheme = "dir:";
    private const string AzureScheme = "azure:";

    private ObjectStoreLocation()
    {
    }

    /// <summary>The directory; null where the store is on Azure Blobs.</summary>
    public string? Directory { get; private init; }

    /// <summary>The place on Azure Blobs, with default limits; null where the store is a directory.</summary>
    public AzureBlobOptions? Blobs { get; private init; }

    /// <summary>Reads a location.</summary>
    /// <param name="text">The line.</param>
    /// <param name="container">The container where the line names none.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>; keys are not repeated in it.</exception>
    public static ObjectStoreLocation Parse(string text, string? container = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith(AzureScheme, StringComparison.OrdinalIgnoreCase))
        {
            var rest = text[AzureScheme.Length..].Trim();
            var blobs = rest.Contains("://", StringComparison.Ordinal) && !rest.Contains('=', StringComparison.Ordinal) ? ParseAddress(rest, container) : ParseConnection(rest, container);
            blobs.Require();
            return new ObjectStoreLocation { Blobs = blobs };
        }

        var path = text.StartsWith(DirectoryScheme, StringComparison.OrdinalIgnoreCase) ? text[DirectoryScheme.Length..] : RequirePath(text);
        return path.Trim().Length == 0 || path.Contains('\0', StringComparison.Ordinal)
            ? throw Illegal("The object store's location names no directory.")
            : new ObjectStoreLocation { Directory = path };
    }

    /// <summary>A place on Azure Blobs.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public static ObjectStoreLocation Of(AzureBlobOptions blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        blobs.Require();
        return new ObjectStoreLocation { Blobs = blobs };
    }

    /// <summary>A directory.</summary>
    public static ObjectStoreLocation Of(string directory) => new() { Directory = directory };

    /// <summary>Opens the store. A directory is made where it is missing; Azure is not asked before the first operation.</summary>
    public IObjectStore Open(TimeProvider time) => Blobs is { } blobs ? new AzureBlobObjectStore(blobs, time) : new DirectoryObjectStore(Directory!);

    /// <summary>The location without keys.</summary>
    public override string ToString() => Blobs?.ToString() ?? DirectoryScheme + Directory;

    private static AzureBlobOptions ParseAddress(string address, string? container)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            throw Illegal($"'{address}' is not the address of a container.");
        if (uri.Query.Length > 0)
            throw Illegal($"'{uri.GetLeftPart(UriPartial.Path)}' has a query.");
        var parts = new BlobUriBuilder(uri);
        var name = parts.BlobContainerName.Length > 0 ? parts.BlobContainerName
            : container ?? throw Illegal($"'{address}' names no container.");
        var prefix = parts.BlobName.TrimEnd('/');
        parts.BlobContainerName = parts.BlobName = "";
        return new AzureBlobOptions { ServiceUri = parts.ToUri(), Container = name, Prefix = prefix };
    }

    /// <summary>A connection string with two parts of ours, which are taken out.</summary>
    private static AzureBlobOptions ParseConnection(string text, string? container)
    {
        var prefix = "";
        var connection = new List<string>();
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            switch (equals < 0 ? "" : part[..equals].ToUpperInvariant())
            {
                case "CONTAINER":
                    container = part[(equals + 1)..];
                    break;
                case "PREFIX":
                    prefix = part[(equals + 1)..];
                    break;
                default:
                    connection.Add(part);
                    break;
            }
        }

        if (connection.Count == 0)
            throw Illegal("An azure location names no account.");
        return new AzureBlobOptions
        {
            ConnectionString = string.Join(';', connection),
            Container = container ?? throw Illegal("An azure location names no container: add ;Container=NAME to the connection string."),
            Prefix = prefix,
        };
    }

    /// <summary>A path without a scheme. A mistyped scheme must not become a directory; a single letter is a drive.</summary>
    private static string RequirePath(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 1 && text.AsSpan(0, colon).IndexOfAny('/', '\\') < 0
            ? throw Illegal($"'{text[..(colon + 1)]}' is no kind of object store.")
            : text;
    }

    private static GridException Illegal(string what) => new(GridErrorCode.InvalidArgument,
        what + " Use dir:PATH, azure:https://ACCOUNT.blob.core.windows.net/CONTAINER[/PREFIX], or azure:CONNECTION STRING;Container=NAME.");
}
