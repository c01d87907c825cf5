namespace Grid.Silo.Clustering;

/// <summary>How silos find each other.</summary>
public enum GridClustering
{
    /// <summary>They do not: one silo, on this machine.</summary>
    Local = 0,

    /// <summary>Through the object store that the cluster has anyway.</summary>
    ObjectStore = 1,

    /// <summary>Through Redis.</summary>
    Redis = 2,

    /// <summary>Through a relational database; its ADO.NET driver is the host's to bring.</summary>
    AdoNet = 3,
}
