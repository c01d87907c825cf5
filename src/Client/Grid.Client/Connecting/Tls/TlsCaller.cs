namespace Grid.Client;

/// <summary>Who may call on a listening port.</summary>
public enum TlsCaller
{
    /// <summary>Clients: a certificate is asked for where <see cref="GridTlsOptions.RequireClientCertificate"/> says so.</summary>
    Client = 0,

    /// <summary>
    /// Other nodes: a certificate is always required, and it must be one for servers, too, so that a client's certificate does not make a node of its owner; where
    /// <see cref="GridTlsOptions.ExpectedHost"/> is set it must carry that name.
    /// </summary>
    Node = 1,
}
