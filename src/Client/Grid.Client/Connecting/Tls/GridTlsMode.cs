namespace Grid.Client;

/// <summary>Whether connections are protected.</summary>
public enum GridTlsMode
{
    /// <summary>Every connection is TLS; a peer that speaks anything else is refused.</summary>
    Required = 0,

    /// <summary>Connections are plain, whatever files are named.</summary>
    Off = 1,
}
