namespace Grid.Storage.Nodes;

/// <summary>What became of a registration.</summary>
public enum RenewOutcome
{
    /// <summary>It is renewed.</summary>
    Renewed,

    /// <summary>It still is this run's, but was written by a call whose outcome was not known; renew again.</summary>
    Again,

    /// <summary>Another process has the name.</summary>
    Lost,
}
